with latest as (
    {{ latest_delivery('filosofi', ['commune_code', 'year']) }}
)

select
    commune_code,
    year,
    median_living_standard_eur,
    poverty_rate_percent
from latest
