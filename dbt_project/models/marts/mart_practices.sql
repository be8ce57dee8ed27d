-- Two readings side by side: everyone who answered the wave (repeated cross-section), and the same professionals at the
-- first wave and at this one (panel). A professional's code is that of the territory.
with followed as (
    select
        *,
        case when wave_code <> 'V1' then max(case when wave_code = 'V1' then practice_level end) over (
            partition by territory_code, professional_code, practice_code
        ) end as first_level
    from {{ ref('int_practice_level') }}
)

select
    case when grouping(territory_code) = 1 then 'FR' else territory_code end as territory_code,
    wave_code,
    practice_code,
    count(*) as professional_count,
    count(distinct employer_type_code) as employer_count,
    {{ mean_of('practice_level') }} as level_mean,
    count(case when practice_level >= 3 then 1 end) as weekly_count,
    {{ share_of('count(case when practice_level >= 3 then 1 end)', 'count(*)') }} as weekly_share,
    case when wave_code <> 'V1' then count(first_level) end as panel_count,
    case when wave_code <> 'V1' then count(distinct case when first_level is not null then employer_type_code end) end
        as panel_employer_count,
    {{ mean_of('practice_level - first_level') }} as panel_change_mean,
    case when wave_code <> 'V1' then count(case when first_level >= 3 then 1 end) end as panel_first_weekly_count,
    case when wave_code <> 'V1' then count(case when first_level is not null and practice_level >= 3 then 1 end) end
        as panel_weekly_count
from followed
group by grouping sets ((territory_code, wave_code, practice_code), (wave_code, practice_code))
