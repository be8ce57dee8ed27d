select
    reason_code,
    table_name,
    treatment_code,
    cast(limit_value as double) as limit_value
from {{ source('reference', 'contradictions') }}
