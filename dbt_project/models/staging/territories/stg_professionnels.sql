with latest as (
    {{ latest_delivery('professionnels', ['professional_code', 'wave_code']) }}
)

select
    sender_code as territory_code,
    professional_code,
    wave_code,
    answer_date,
    role_code,
    employer_type_code,
    seniority_code,
    systematic_review_level,
    simulator_use_level,
    unasked_mention_level,
    outreach_level,
    warm_referral_level,
    referral_follow_up_level,
    self_efficacy_score,
    training_day_count
from latest
