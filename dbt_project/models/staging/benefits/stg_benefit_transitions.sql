select
    from_benefit_code,
    to_benefit_code
from {{ source('reference', 'benefit_transitions') }}
