with latest as (
    {{ latest_delivery('liens', ['source_code', 'target_code', 'wave_code', 'tie_type_code']) }}
)

select
    sender_code as territory_code,
    source_code,
    target_code,
    wave_code,
    tie_type_code,
    frequency_level
from latest
