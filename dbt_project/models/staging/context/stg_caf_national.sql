with latest as (
    {{ latest_delivery('caf_national', ['series_code', 'year']) }}
)

select
    series_code,
    year,
    household_count,
    unit_label,
    source_label
from latest
