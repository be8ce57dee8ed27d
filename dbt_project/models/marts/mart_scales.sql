-- One version of an instrument is one scale: nothing is computed across versions. Change is that of the same persons.
with paired as (
    select
        *,
        case when wave_code <> 'T0' then score - max(case when wave_code = 'T0' then score end) over (
            partition by territory_code, person_id, instrument_code, instrument_version, dimension_code
        ) end as change_from_first
    from {{ ref('int_scale_score') }}
),

counted as (
    select
        territory_code,
        instrument_code,
        instrument_version,
        dimension_code,
        wave_code,
        count(*) as respondent_count,
        {{ mean_of('score') }} as score_mean,
        {{ deviation_of('score') }} as score_sd,
        {{ share_of('count(case when is_floor then 1 end)', 'count(*)') }} as floor_share,
        {{ share_of('count(case when is_ceiling then 1 end)', 'count(*)') }} as ceiling_share,
        case when wave_code <> 'T0' then count(change_from_first) end as paired_count,
        {{ mean_of('change_from_first') }} as paired_change_mean
    from paired
    group by territory_code, instrument_code, instrument_version, dimension_code, wave_code
)

select
    *,
    coalesce(max(case when wave_code = 'T0' then respondent_count end) over (
        partition by territory_code, instrument_code, instrument_version, dimension_code
    ), 0) as first_wave_count
from counted
