select
    indicator_code,
    indicator_label,
    axis_code,
    unit_code,
    coalesce(denominator_label, '') <> '' as has_denominator,
    table_name,
    reading_label
from {{ source('reference', 'indicators') }}
