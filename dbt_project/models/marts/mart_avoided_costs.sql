-- Ledger 3 (E8): events that did not happen. Never added to the two other ledgers.
with avoided as (
    select
        case when grouping(territory_code) = 1 then 'FR' else territory_code end as territory_code,
        cost_event_code,
        sum((counterfactual_quantity - observed_quantity) * attribution_share) as avoided_quantity
    from {{ ref('stg_evenements_cout') }}
    where counterfactual_quantity is not null and attribution_share is not null
    group by grouping sets ((territory_code, cost_event_code), (cost_event_code))
)

select
    avoided.territory_code,
    avoided.cost_event_code,
    unit_costs.payer_code,
    avoided.avoided_quantity,
    avoided.avoided_quantity * unit_costs.unit_cost_low_eur as avoided_cost_low_eur,
    avoided.avoided_quantity * unit_costs.unit_cost_central_eur as avoided_cost_central_eur,
    avoided.avoided_quantity * unit_costs.unit_cost_high_eur as avoided_cost_high_eur,
    unit_costs.evidence_grade_code,
    unit_costs.cost_event_code is not null as is_costed
from avoided
left join {{ ref('stg_couts_unitaires') }} as unit_costs on unit_costs.cost_event_code = avoided.cost_event_code
