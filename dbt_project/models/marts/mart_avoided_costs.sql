-- Ledger 3 (E8): events that did not happen x unit cost x attribution. Never added to the two other ledgers.
-- A month without a counterfactual quantity or an attribution is counted, not guessed. Grade D: never the base case.
with declared as (
    select
        territory_code,
        cost_event_code,
        observed_quantity,
        counterfactual_quantity,
        counterfactual_quantity is not null and attribution_share is not null as is_evaluated,
        counterfactual_quantity - observed_quantity as gross_quantity,
        attribution_share,
        basis_code in ('litterature', 'expert') as is_from_elsewhere
    from {{ ref('stg_evenements_cout') }}
),

avoided as (
    select
        case when grouping(territory_code) = 1 then 'FR' else territory_code end as territory_code,
        cost_event_code,
        count(distinct case when is_evaluated then territory_code end) as territory_count,
        count(case when is_evaluated then 1 end) as evaluated_month_count,
        count(case when not is_evaluated then 1 end) as unevaluated_month_count,
        {{ total('case when is_evaluated then observed_quantity end') }} as observed_quantity,
        {{ total('case when is_evaluated then counterfactual_quantity end') }} as counterfactual_quantity,
        {{ total('case when is_evaluated then gross_quantity end') }} as gross_quantity,
        {{ total('case when is_evaluated then gross_quantity * attribution_share end') }} as avoided_quantity,
        coalesce({{ total('case when is_evaluated and is_from_elsewhere then gross_quantity * attribution_share end') }}, 0)
            as from_elsewhere_quantity
    from declared
    group by grouping sets ((territory_code, cost_event_code), (cost_event_code))
)

select
    avoided.territory_code,
    avoided.cost_event_code,
    unit_costs.payer_code,
    payers.perspective_code,
    avoided.observed_quantity,
    avoided.counterfactual_quantity,
    {{ share_of('avoided.avoided_quantity', 'avoided.gross_quantity') }} as attribution_share,
    avoided.avoided_quantity,
    {{ share_of('avoided.from_elsewhere_quantity', 'avoided.avoided_quantity') }} as literature_share,
    unit_costs.unit_cost_low_eur,
    unit_costs.unit_cost_central_eur,
    unit_costs.unit_cost_high_eur,
    cast(unit_costs.price_year as integer) as price_year,
    unit_costs.source_label,
    avoided.avoided_quantity * unit_costs.unit_cost_low_eur as avoided_cost_low_eur,
    avoided.avoided_quantity * unit_costs.unit_cost_central_eur as avoided_cost_central_eur,
    avoided.avoided_quantity * unit_costs.unit_cost_high_eur as avoided_cost_high_eur,
    unit_costs.evidence_grade_code,
    unit_costs.cost_event_code is not null as is_costed,
    coalesce(unit_costs.evidence_grade_code in ('A', 'B', 'C'), false) as is_in_base_case,
    avoided.evaluated_month_count,
    avoided.unevaluated_month_count,
    avoided.territory_count as avoided_territory_count
from avoided
left join {{ ref('stg_couts_unitaires') }} as unit_costs on unit_costs.cost_event_code = avoided.cost_event_code
left join {{ ref('stg_payers') }} as payers on payers.payer_code = unit_costs.payer_code
where avoided.evaluated_month_count > 0
