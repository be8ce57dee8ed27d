select
    territory_code,
    territory_label,
    territory_type_code,
    department_code,
    region_code,
    start_wave,
    is_established = 'true' as is_established
from {{ source('reference', 'territories') }}
