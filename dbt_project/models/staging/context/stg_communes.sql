with latest as (
    {{ latest_delivery('communes', ['commune_code', 'commune_type_code']) }}
)

select
    commune_code,
    commune_type_code,
    commune_label,
    population_count,
    epci_code,
    department_code,
    region_code,
    parent_code
from latest
