-- The national retention under the rule in force and under each of its variants, side by side.
select
    retention.rule_code,
    retention.benefit_code,
    retention.horizon_months,
    rules.gap_months,
    rules.basis_code,
    rules.has_delay,
    vintages.vintage_month,
    retention.opened_count,
    retention.observed_count,
    retention.censored_count,
    retention.retained_count,
    {{ share_of('retention.retained_count', 'retention.observed_count') }} as retained_share
from {{ ref('int_retention') }} as retention
join {{ ref('stg_spell_rules') }} as rules on rules.rule_code = retention.rule_code
left join {{ ref('int_benefit_vintage') }} as vintages on vintages.benefit_code = retention.benefit_code
where retention.territory_code = 'FR'
