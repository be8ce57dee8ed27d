with latest as (
    {{ latest_delivery('retours', ['person_id', 'territory_code']) }}
)

select
    sender_code as body_code,
    person_id,
    territory_code,
    match_status_code,
    extraction_date
from latest
