-- Organisations of different territories are different networks: the nation adds ties and possible ties.
with listed as (
    select
        territory_code,
        wave_code,
        count(*) as organisation_count,
        count(case when is_surveyed then 1 end) as surveyed_count,
        count(case when is_surveyed and is_respondent then 1 end) as respondent_count,
        count(*) * (count(*) - 1) as possible_tie_count,
        -- the ties that organisations without an answer would have declared
        count(case when not (is_surveyed and is_respondent) then 1 end) * (count(*) - 1) as undeclared_tie_count
    from {{ ref('stg_organisations') }}
    group by territory_code, wave_code
),

-- a wave without any answer on ties is unknown, not a network without ties
asked as (
    select waves.territory_code, waves.wave_code, types.tie_type_code
    from (select distinct territory_code, wave_code from {{ ref('stg_liens') }}) as waves
    cross join (select distinct tie_type_code from {{ ref('stg_liens') }}) as types
),

counted as (
    select
        territory_code,
        wave_code,
        tie_type_code,
        count(*) as tie_count,
        count(case when is_reciprocated then 1 end) as reciprocated_count,
        count(case when not is_source_respondent then 1 end) as known_otherwise_count
    from {{ ref('int_network_tie') }}
    group by territory_code, wave_code, tie_type_code
),

network as (
    select
        case when grouping(asked.territory_code) = 1 then 'FR' else asked.territory_code end as territory_code,
        asked.wave_code,
        asked.tie_type_code,
        sum(listed.organisation_count) as organisation_count,
        sum(listed.surveyed_count) as surveyed_count,
        sum(listed.respondent_count) as respondent_count,
        sum(listed.possible_tie_count) as possible_tie_count,
        coalesce(sum(counted.tie_count), 0) as tie_count,
        coalesce(sum(counted.reciprocated_count), 0) as reciprocated_count,
        sum(listed.undeclared_tie_count - coalesce(counted.known_otherwise_count, 0)) as unknown_tie_count
    from asked
    join listed on listed.territory_code = asked.territory_code and listed.wave_code = asked.wave_code
    left join counted
        on counted.territory_code = asked.territory_code and counted.wave_code = asked.wave_code
        and counted.tie_type_code = asked.tie_type_code
    group by grouping sets (
        (asked.territory_code, asked.wave_code, asked.tie_type_code), (asked.wave_code, asked.tie_type_code)
    )
)

select
    territory_code,
    wave_code,
    tie_type_code,
    cast(organisation_count as bigint) as organisation_count,
    cast(surveyed_count as bigint) as surveyed_count,
    cast(respondent_count as bigint) as respondent_count,
    {{ share_of('respondent_count', 'surveyed_count') }} as response_share,
    cast(possible_tie_count as bigint) as possible_tie_count,
    cast(tie_count as bigint) as tie_count,
    cast(reciprocated_count as bigint) as reciprocated_count,
    cast(unknown_tie_count as bigint) as unknown_tie_count,
    {{ share_of('tie_count', 'possible_tie_count') }} as density,
    {{ share_of('reciprocated_count', 'tie_count') }} as reciprocity
from network
