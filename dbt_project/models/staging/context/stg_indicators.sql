select
    indicator_code,
    axis_code,
    unit_code,
    coalesce(denominator_label, '') <> '' as has_denominator,
    table_name
from {{ source('reference', 'indicators') }}
