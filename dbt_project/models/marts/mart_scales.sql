with paired as (
    select
        scores.*,
        scores.score - first_scores.score as change_from_first
    from {{ ref('int_scale_score') }} as scores
    left join {{ ref('int_scale_score') }} as first_scores
        on first_scores.territory_code = scores.territory_code and first_scores.person_id = scores.person_id
        and first_scores.instrument_code = scores.instrument_code
        and first_scores.instrument_version = scores.instrument_version
        and first_scores.dimension_code = scores.dimension_code
        and first_scores.wave_code = 'T0' and scores.wave_code <> 'T0'
)

select
    territory_code,
    instrument_code,
    instrument_version,
    dimension_code,
    wave_code,
    count(*) as respondent_count,
    avg(score) as score_mean,
    stddev_samp(score) as score_sd,
    {{ share_of('count(case when is_floor then 1 end)', 'count(*)') }} as floor_share,
    {{ share_of('count(case when is_ceiling then 1 end)', 'count(*)') }} as ceiling_share,
    case when wave_code <> 'T0' then count(change_from_first) end as paired_count,
    avg(change_from_first) as paired_change_mean
from paired
group by territory_code, instrument_code, instrument_version, dimension_code, wave_code
