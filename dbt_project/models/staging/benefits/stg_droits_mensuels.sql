-- Tens of millions of rows: the latest delivery (E2) and the latest vintage (E4) are taken in one pass, in
-- int_benefit_month_latest.
select
    deliveries.sender_code as body_code,
    sent.person_id,
    sent.benefit_code,
    sent.entitlement_month,
    sent.extraction_date,
    sent.request_date,
    sent.decision_date,
    sent.status_code,
    sent.due_eur,
    sent.paid_eur,
    sent.household_role_code,
    deliveries.sender_number as body_number,
    deliveries.delivery_rank
from {{ source('accepted', 'droits_mensuels') }} as sent
join {{ ref('stg_deliveries') }} as deliveries on deliveries.delivery_id = sent.delivery_id
