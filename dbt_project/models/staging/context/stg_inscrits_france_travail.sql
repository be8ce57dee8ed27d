with latest as (
    {{ latest_delivery('inscrits_france_travail', ['commune_code', 'year']) }}
)

select
    commune_code,
    year,
    registered_count
from latest
