with latest as (
    {{ latest_delivery('minima_national', ['year', 'minimum_code']) }}
)

select
    year,
    minimum_code,
    recipient_thousands
from latest
