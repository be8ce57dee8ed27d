with latest as (
    {{ latest_delivery('retours', ['person_id', 'territory_code'], dated_by='extraction_date') }}
)

select
    sender_code as body_code,
    person_id,
    territory_code,
    match_status_code,
    extraction_date
from latest
