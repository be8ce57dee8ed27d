with latest as (
    {{ latest_delivery('reponses', ['person_id', 'instrument_code', 'instrument_version', 'wave_code', 'item_code']) }}
)

select
    sender_code as territory_code,
    person_id,
    instrument_code,
    instrument_version,
    wave_code,
    item_code,
    answer_value,
    answer_date,
    mode_code
from latest
