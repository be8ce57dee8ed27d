select
    control_id,
    table_name,
    measure,
    column_name,
    coalesce(filters, '') as filters,
    cast(published_value as double) as published_value,
    cast(tolerance as double) as tolerance
from {{ source('reference', 'control_totals') }}
