{{ config(materialized='incremental', incremental_strategy='delete+insert',
    unique_key=['person_id', 'benefit_code', 'entitlement_month']) }}

-- E4: each body's latest vintage of the month; between bodies, open beats not open, then the largest payment.
with person_month as (
    select
        person_id,
        benefit_number,
        entitlement_month,
        max(case when {{ is_open_in('latest_state') }} then 1 else 0 end) as open_body_count,
        max(case when {{ is_open_in('latest_state') }} then {{ paid_eur_in('latest_state') }} end) as paid_if_open_eur,
        max({{ paid_eur_in('latest_state') }}) as paid_eur,
        max(request_date) as request_date,
        max(decision_date) as decision_date
    from {{ ref('int_vintage_month') }}
    {% if is_incremental() -%}
    where (person_id, benefit_number, entitlement_month) in (
        select person_id, benefit_number, entitlement_month
        from {{ ref('int_vintage_month') }}
        where {{ only_news('last_delivery_rank') }}
    )
    {% endif -%}
    group by person_id, benefit_number, entitlement_month
)

select
    months.person_id,
    benefits.benefit_code,
    months.entitlement_month,
    months.open_body_count > 0 as is_open,
    case when months.open_body_count > 0 then months.paid_if_open_eur else months.paid_eur end as paid_eur,
    months.request_date,
    months.decision_date
from person_month as months
join {{ ref('stg_benefits') }} as benefits on benefits.benefit_number = months.benefit_number
