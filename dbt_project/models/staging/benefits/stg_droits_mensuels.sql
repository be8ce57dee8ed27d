-- Every vintage, without what contradicts itself: months beyond the history allowed, dates of a later request,
-- payments without a right. Tens of millions of rows: the latest vintage (E4) is taken in int_vintage_month.
select
    body_code,
    person_id,
    benefit_code,
    entitlement_month,
    extraction_date,
    case when not is_opening_before_request then request_date end as request_date,
    case when not is_opening_before_request then decision_date end as decision_date,
    status_code,
    due_eur,
    case when not is_payment_without_right then paid_eur end as paid_eur,
    household_role_code,
    body_number,
    delivery_rank
from {{ ref('stg_droits_mensuels_recus') }}
where not is_history_too_long
