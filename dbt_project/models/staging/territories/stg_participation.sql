with latest as (
    {{ latest_delivery('participation', ['event_code']) }}
)

select
    sender_code as territory_code,
    event_code,
    event_date,
    phase_code,
    body_code,
    level_code,
    person_concerned_count,
    participant_count,
    is_compensated,
    decision_changed_code
from latest
