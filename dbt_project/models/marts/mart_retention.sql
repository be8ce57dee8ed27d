select
    retention.territory_code,
    retention.benefit_code,
    retention.horizon_months,
    vintages.vintage_month,
    retention.opened_count,
    retention.observed_count,
    retention.censored_count,
    retention.retained_count,
    retention.transition_count,
    retention.lost_count,
    {{ share_of('retention.retained_count', 'retention.observed_count') }} as retained_share
from {{ ref('int_retention') }} as retention
join {{ ref('stg_spell_rules') }} as rules on rules.rule_code = retention.rule_code and rules.is_primary
left join {{ ref('int_benefit_vintage') }} as vintages on vintages.benefit_code = retention.benefit_code
