with latest as (
    {{ latest_delivery('france_services', ['place_code']) }}
)

select
    place_code,
    department_code,
    commune_code,
    commune_label,
    place_type_code,
    place_format_code,
    labelling_label,
    labelling_date
from latest
