with latest as (
    {{ latest_delivery('depenses', ['expense_code']) }}
)

select
    sender_code as territory_code,
    expense_code,
    fiscal_year,
    nature_code,
    funder_code,
    programme_cost_eur,
    expense_status_code
from latest
