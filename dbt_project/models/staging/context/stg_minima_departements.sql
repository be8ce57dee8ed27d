with latest as (
    {{ latest_delivery('minima_departements', ['department_code', 'year', 'minimum_code', 'note_code']) }}
)

select
    department_code,
    year,
    minimum_code,
    note_code,
    recipient_count
from latest
