-- Four counts that are never one another, what came of the requests, the delays and the amounts.
select
    outcomes.territory_code,
    outcomes.benefit_code,
    coalesce(outcomes.channel_code, 'tous') as channel_code,
    count(*) as discussed_count,
    count(steps.person_id) as at_stake_count,
    count(case when outcomes.is_requested then 1 end) as requested_count,
    {% for code, name in request_outcomes().items() -%}
    count(case when steps.request_outcome_code = '{{ code }}' then 1 end) as {{ name }}_count,
    {% endfor -%}
    count(case when outcomes.is_opened then 1 end) as opened_count,
    count(case when outcomes.is_requested and outcomes.is_opened then 1 end) as requested_opened_count,
    count(case when outcomes.is_requested and outcomes.is_unknown then 1 end) as requested_unknown_count,
    count(case when outcomes.is_paid then 1 end) as paid_count,
    count(case when outcomes.is_unknown then 1 end) as unknown_count,
    {{ median_of('steps.request_delay_days') }} as median_request_delay_days,
    {{ median_of('steps.decision_delay_days') }} as median_decision_delay_days,
    cast(coalesce(sum(outcomes.opening_delay_days), 0) as bigint) as opening_delay_day_count,
    {{ median_of('outcomes.opening_delay_days') }} as median_opening_delay_days,
    {{ median_of('steps.monthly_paid_eur') }} as median_monthly_paid_eur
from {{ ref('int_person_outcome') }} as outcomes
left join {{ ref('int_access_step') }} as steps
    on steps.territory_code = outcomes.territory_code and steps.person_id = outcomes.person_id
    and steps.benefit_code = outcomes.benefit_code
group by grouping sets (
    (outcomes.territory_code, outcomes.benefit_code, outcomes.channel_code),
    (outcomes.territory_code, outcomes.benefit_code)
)
