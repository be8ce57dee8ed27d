-- The unit is the event. Levels are ordinal: they are counted, never averaged. `tous` is every body.
select
    case when grouping(territory_code) = 1 then 'FR' else territory_code end as territory_code,
    phase_code,
    cast(level_code as integer) as level_code,
    case when grouping(body_code) = 1 then 'tous' else body_code end as body_code,
    count(*) as event_count,
    cast(sum(person_concerned_count) as bigint) as person_concerned_count,
    cast(sum(participant_count) as bigint) as participant_count,
    count(case when is_compensated then 1 end) as compensated_event_count,
    count(case when decision_changed_code = 'oui' then 1 end) as decision_changed_count,
    count(case when decision_changed_code = 'non' then 1 end) as decision_unchanged_count,
    count(case when decision_changed_code = 'inconnu' then 1 end) as decision_unknown_count
from {{ ref('stg_participation') }}
group by grouping sets (
    (territory_code, phase_code, level_code, body_code), (territory_code, phase_code, level_code),
    (phase_code, level_code, body_code), (phase_code, level_code)
)
