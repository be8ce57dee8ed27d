with followed as (
    select
        openings.territory_code,
        openings.benefit_code,
        horizons.horizon_months,
        {{ months_from('openings.opening_month', 'openings.last_known_month') }} >= horizons.horizon_months + 1
            as is_observed,
        {{ months_from('openings.opening_month', 'openings.spell_last_month') }} >= horizons.horizon_months
            as is_retained
    from {{ ref('int_opening') }} as openings
    cross join (values (3), (6), (12)) as horizons (horizon_months)
),

counted as (
    select
        territory_code,
        benefit_code,
        horizon_months,
        count(*) as opened_count,
        count(case when is_observed then 1 end) as observed_count,
        count(case when not is_observed then 1 end) as censored_count,
        count(case when is_observed and is_retained then 1 end) as retained_count
    from followed
    group by territory_code, benefit_code, horizon_months
)

select
    *,
    {{ share_of('retained_count', 'observed_count') }} as retained_share
from counted
