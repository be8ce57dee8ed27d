with latest as (
    {{ latest_delivery('cnaf_national', ['year', 'series_code']) }}
)

select
    year,
    series_code,
    household_thousands
from latest
