select
    case when grouping(territory_code) = 1 then 'FR' else territory_code end as territory_code,
    phase_code,
    cast(level_code as integer) as level_code,
    count(*) as event_count,
    cast(sum(person_concerned_count) as bigint) as person_concerned_count,
    cast(sum(participant_count) as bigint) as participant_count
from {{ ref('stg_participation') }}
group by grouping sets ((territory_code, phase_code, level_code), (phase_code, level_code))
