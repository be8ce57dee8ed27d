{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key=['delivery_rank']) }}

-- The one pass that counts rows of the feed: by delivery, extraction, benefit and month, how many rows, how many that
-- contradict themselves, how many amounts and how many above the legal ceiling.
with told as (
    select
        feed.*,
        ceilings.ceiling_eur,
        case when feed.paid_eur > 0 and not feed.is_payment_without_right then feed.paid_eur else feed.due_eur end
            as amount_eur
    from {{ ref('stg_droits_mensuels_recus') }} as feed
    left join {{ ref('stg_amount_ceilings') }} as ceilings on ceilings.benefit_code = feed.benefit_code
    where {{ only_news('feed.delivery_rank') }}
)

select
    body_code,
    body_number,
    delivery_rank,
    extraction_date,
    benefit_code,
    entitlement_month,
    is_history_too_long,
    count(*) as row_count,
    count(case when is_opening_before_request then 1 end) as opening_before_request_count,
    count(case when is_payment_without_right then 1 end) as payment_without_right_count,
    count(case when amount_eur > 0 then ceiling_eur end) as amount_count,
    count(case when amount_eur > ceiling_eur then 1 end) as above_count
from told
group by
    body_code, body_number, delivery_rank, extraction_date, benefit_code, entitlement_month, is_history_too_long
