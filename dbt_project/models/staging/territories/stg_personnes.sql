with latest as (
    {{ latest_delivery('personnes', ['person_id']) }}
)

select
    sender_code as territory_code,
    person_id,
    first_contact_date,
    age_band_code,
    family_code,
    child_count,
    housing_code,
    activity_code,
    commune_code,
    is_default_birth_date,
    information_date,
    information_mode_code
from latest
