with latest as (
    {{ latest_delivery('evenements_cout', ['cost_event_code', 'event_month']) }}
)

select
    sender_code as territory_code,
    cost_event_code,
    event_month,
    observed_quantity,
    counterfactual_quantity,
    basis_code,
    attribution_share
from latest
