-- E4: each body's latest vintage of the month; between bodies, open beats not open, then the largest payment.
with body_month as (
    select
        person_id,
        benefit_code,
        entitlement_month,
        body_code,
        {{ value_at_last(is_open('status_code'), 'vintage_order') }} as is_open,
        {{ value_at_last('coalesce(paid_eur, 0)', 'vintage_order') }} as paid_eur,
        {{ value_at_last('decision_date', 'vintage_order') }} as decision_date,
        max(request_date) as request_date
    from {{ ref('stg_droits_mensuels') }}
    group by person_id, benefit_code, entitlement_month, body_code
)

select
    person_id,
    benefit_code,
    entitlement_month,
    bool_or(is_open) as is_open,
    coalesce(max(case when is_open then paid_eur end), max(paid_eur)) as paid_eur,
    coalesce(min(case when is_open then decision_date end), min(decision_date)) as decision_date,
    max(request_date) as request_date
from body_month
group by person_id, benefit_code, entitlement_month
