with latest as (
    {{ latest_delivery('departements', ['department_code']) }}
)

select
    department_code,
    department_label,
    region_code,
    chief_town_code,
    zone_code
from latest
