with latest as (
    {{ latest_delivery('rencontres', ['person_id', 'contact_date', 'action_code']) }}
)

select
    sender_code as territory_code,
    person_id,
    contact_date,
    action_code,
    channel_code,
    place_code,
    role_code,
    referral_code,
    referral_outcome_code
from latest
