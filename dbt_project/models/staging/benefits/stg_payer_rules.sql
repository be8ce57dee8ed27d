select
    benefit_code,
    department_code,
    payer_code,
    coalesce(cast(valid_from as date), date '1900-01-01') as valid_from,
    coalesce(cast(valid_to as date), date '9999-12-31') as valid_to
from {{ source('reference', 'payer_rules') }}
