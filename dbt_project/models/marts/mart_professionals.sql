-- Professionals of a wave: confidence (1 to 5) and days of training, of everyone who answered (repeated cross-section)
-- and, for confidence, of the same professionals since the first wave (panel).
with followed as (
    select
        *,
        case when wave_code <> 'V1' then max(case when wave_code = 'V1' then self_efficacy_score end) over (
            partition by territory_code, professional_code
        ) end as first_score
    from {{ ref('stg_professionnels') }}
)

select
    case when grouping(territory_code) = 1 then 'FR' else territory_code end as territory_code,
    wave_code,
    count(*) as professional_count,
    count(distinct employer_type_code) as employer_count,
    {{ mean_of('self_efficacy_score') }} as score_mean,
    case when wave_code <> 'V1' then count(first_score) end as panel_count,
    case when wave_code <> 'V1' then count(distinct case when first_score is not null then employer_type_code end) end
        as panel_employer_count,
    {{ mean_of('self_efficacy_score - first_score') }} as panel_change_mean,
    count(training_day_count) as training_known_count,
    coalesce({{ total('training_day_count') }}, 0) as training_day_count
from followed
group by grouping sets ((territory_code, wave_code), (wave_code))
