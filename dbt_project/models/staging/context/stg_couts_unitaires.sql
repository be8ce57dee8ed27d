with latest as (
    {{ latest_delivery('couts_unitaires', ['cost_event_code', 'payer_code']) }}
)

select
    cost_event_code,
    payer_code,
    unit_cost_low_eur,
    unit_cost_central_eur,
    unit_cost_high_eur,
    price_year,
    evidence_grade_code,
    source_label
from latest
