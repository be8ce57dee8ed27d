with latest as (
    {{ latest_delivery('personnes', ['person_id']) }}
)

select
    sender_code as territory_code,
    person_id,
    delivery_id,
    first_contact_date,
    age_band_code,
    family_code,
    child_count,
    housing_code,
    activity_code,
    commune_code,
    is_default_birth_date,
    has_homonym,
    -- left empty by the first tools, which knew one version
    coalesce(exchange_version_code, 'tznr1_m1_k1v1') as exchange_version_code,
    information_date,
    information_mode_code
from latest
