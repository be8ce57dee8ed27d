{{ config(materialized='incremental', incremental_strategy='delete+insert',
    unique_key=['body_number', 'person_id', 'benefit_number', 'entitlement_month']) }}

-- E4: what each body says of a month over all its extractions: the latest state, since when it is known, whether an
-- earlier extraction said otherwise. One pass over the feed; amounts of an extraction out of scale are not known.
with wrong_scale as (
    select delivery_rank, extraction_date, benefit_code from {{ ref('int_vintage_scale') }} where is_out_of_scale
),

told as (
    select
        feed.body_number,
        feed.person_id,
        benefits.benefit_number,
        feed.entitlement_month,
        feed.extraction_date,
        feed.delivery_rank,
        feed.request_date,
        feed.decision_date,
        {{ is_open('feed.status_code') }} as is_open,
        {{ status_number('feed.status_code') }} as status_number,
        feed.household_role_code,
        {{ known_paid_eur('feed.paid_eur', 'wrong_scale.delivery_rank is not null') }} as paid_eur,
        -- no amount of an extraction that is not in euros is compared, not even nothing
        case when wrong_scale.delivery_rank is null then coalesce(feed.paid_eur, 0) end as compared_eur
    from {{ ref('stg_droits_mensuels') }} as feed
    join {{ ref('stg_benefits') }} as benefits on benefits.benefit_code = feed.benefit_code
    left join wrong_scale
        on wrong_scale.delivery_rank = feed.delivery_rank and wrong_scale.extraction_date = feed.extraction_date
        and wrong_scale.benefit_code = feed.benefit_code
    where {{ only_news('feed.delivery_rank') }}
),

heard as (
    select
        body_number,
        person_id,
        benefit_number,
        entitlement_month,
        max({{ vintage_state('extraction_date', 'delivery_rank', 'household_role_code', 'is_open', 'paid_eur') }}) as latest_state,
        -- any vintage may bring the request and the decision
        max(request_date) as request_date,
        max(decision_date) as decision_date,
        {{ month_of('min(extraction_date)') }} as first_extraction_month,
        min(status_number) as least_status_number,
        max(status_number) as greatest_status_number,
        min(compared_eur) as least_paid_eur,
        max(compared_eur) as greatest_paid_eur,
        cast(max(delivery_rank) as integer) as last_delivery_rank
    from told
    group by body_number, person_id, benefit_number, entitlement_month
)
{% if is_incremental() %},

-- what the news say of a month, and what is held of it already
merged as (
    select
        heard.body_number,
        heard.person_id,
        heard.benefit_number,
        heard.entitlement_month,
        {% for column in ['latest_state', 'request_date', 'decision_date'] -%}
        greatest(heard.{{ column }}, held.{{ column }}) as {{ column }},
        {% endfor -%}
        least(heard.first_extraction_month, held.first_extraction_month) as first_extraction_month,
        {% for column in ['status_number', 'paid_eur'] -%}
        least(heard.least_{{ column }}, held.least_{{ column }}) as least_{{ column }},
        greatest(heard.greatest_{{ column }}, held.greatest_{{ column }}) as greatest_{{ column }},
        {% endfor -%}
        heard.last_delivery_rank
    from heard
    left join {{ this }} as held
        on held.person_id = heard.person_id and held.entitlement_month = heard.entitlement_month
        and held.benefit_number = heard.benefit_number and held.body_number = heard.body_number
)
{% endif %}

select
    *,
    least_status_number <> greatest_status_number as is_status_revised,
    coalesce(least_paid_eur <> greatest_paid_eur, false) as is_amount_revised
from {{ 'merged' if is_incremental() else 'heard' }}
