-- Retained at 3, 6 and 12 months under each rule of `spell_rules`: the spell of the opening lasts that long. Observed
-- when the feeds reach the months that would end it; otherwise neither retained nor lost.
with followed as (
    select
        openings.territory_code,
        openings.person_id,
        openings.benefit_code,
        rules.rule_code,
        rules.gap_months,
        -- of the spells that end after the opening the first one is its own
        min(greatest(openings.opening_month, spells.first_month)) as origin_month,
        min(spells.last_month) as spell_last_month,
        max(case when rules.has_delay then openings.last_final_month else openings.last_known_month end) as last_month,
        max(case when openings.exit_code = 'transition' then openings.spell_last_month end) as transition_month
    from {{ ref('int_opening') }} as openings
    cross join {{ ref('stg_spell_rules') }} as rules
    join {{ ref('int_spell_rule') }} as spells
        on spells.person_id = openings.person_id and spells.benefit_code = openings.benefit_code
        and spells.basis_code = rules.basis_code and spells.gap_months = rules.gap_months
        and spells.last_month >= openings.opening_month
    where rules.is_primary or openings.territory_code = 'FR'
    group by
        openings.territory_code, openings.person_id, openings.benefit_code, rules.rule_code, rules.gap_months
),

judged as (
    select
        followed.territory_code,
        followed.benefit_code,
        followed.rule_code,
        horizons.horizon_months,
        coalesce({{ months_from('followed.origin_month', 'followed.last_month') }}
            >= horizons.horizon_months + followed.gap_months - 1, false) as is_observed,
        {{ months_from('followed.origin_month', 'followed.spell_last_month') }} >= horizons.horizon_months
            as is_retained,
        coalesce(followed.spell_last_month = followed.transition_month, false) as is_taken_over
    from followed
    cross join (values (3), (6), (12)) as horizons (horizon_months)
)

select
    territory_code,
    benefit_code,
    rule_code,
    horizon_months,
    count(*) as opened_count,
    count(case when is_observed then 1 end) as observed_count,
    count(case when not is_observed then 1 end) as censored_count,
    count(case when is_observed and is_retained then 1 end) as retained_count,
    count(case when is_observed and not is_retained and is_taken_over then 1 end) as transition_count,
    count(case when is_observed and not is_retained and not is_taken_over then 1 end) as lost_count
from judged
group by territory_code, benefit_code, rule_code, horizon_months
