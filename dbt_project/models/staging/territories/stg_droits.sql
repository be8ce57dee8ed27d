with latest as (
    {{ latest_delivery('droits', ['person_id', 'benefit_code']) }}
)

select
    sender_code as territory_code,
    person_id,
    benefit_code,
    situation_date,
    situation_code,
    eligibility_code,
    eligibility_method_code,
    non_take_up_codes,
    request_date,
    request_outcome_code,
    decision_date
from latest
