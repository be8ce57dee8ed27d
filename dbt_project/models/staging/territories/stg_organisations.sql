with latest as (
    {{ latest_delivery('organisations', ['organisation_code', 'wave_code']) }}
)

select
    sender_code as territory_code,
    organisation_code,
    wave_code,
    organisation_type_code,
    is_surveyed,
    is_respondent
from latest
