with latest as (
    {{ latest_delivery('entretiens', ['interview_code', 'theme_code']) }}
)

select
    sender_code as territory_code,
    interview_code,
    theme_code,
    interview_month,
    profile_code,
    occurrence_count
from latest
