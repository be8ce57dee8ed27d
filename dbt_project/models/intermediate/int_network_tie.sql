-- E7: a tie is a frequency of at least 1 between two distinct organisations on the territory's list of the wave.
with tie as (
    select
        ties.territory_code,
        ties.wave_code,
        ties.tie_type_code,
        ties.source_code,
        ties.target_code,
        sources.is_surveyed and sources.is_respondent as is_source_respondent
    from {{ ref('stg_liens') }} as ties
    join {{ ref('stg_organisations') }} as sources
        on sources.territory_code = ties.territory_code and sources.wave_code = ties.wave_code
        and sources.organisation_code = ties.source_code
    join {{ ref('stg_organisations') }} as targets
        on targets.territory_code = ties.territory_code and targets.wave_code = ties.wave_code
        and targets.organisation_code = ties.target_code
    where ties.frequency_level >= 1 and ties.source_code <> ties.target_code
)

select
    tie.*,
    back.source_code is not null as is_reciprocated
from tie
left join tie as back
    on back.territory_code = tie.territory_code and back.wave_code = tie.wave_code
    and back.tie_type_code = tie.tie_type_code
    and back.source_code = tie.target_code and back.target_code = tie.source_code
