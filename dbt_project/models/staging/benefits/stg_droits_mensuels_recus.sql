-- All that was received by the vintage, contradictory facts included; the rules are the list `contradictions`.
with history as (
    select cast(limit_value as bigint) as month_count
    from {{ ref('stg_contradictions') }}
    where reason_code = 'HISTORY_TOO_LONG'
)

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
    deliveries.delivery_rank,
    coalesce({{ is_open('sent.status_code') }}
        and sent.entitlement_month < {{ month_of('sent.request_date') }}, false) as is_opening_before_request,
    coalesce(sent.status_code in ('DEMANDE_DEPOSEE', 'EN_INSTRUCTION', 'REJETE', 'SANS_SUITE', 'CLOS', 'SANS_OBJET')
        and sent.paid_eur > 0, false) as is_payment_without_right,
    {{ months_from('sent.entitlement_month', 'sent.extraction_date') }} > history.month_count as is_history_too_long
from {{ source('accepted', 'droits_mensuels') }} as sent
join {{ ref('stg_deliveries') }} as deliveries on deliveries.delivery_id = sent.delivery_id
cross join history
where {{ known_by('sent.extraction_date') }}
