{{ config(materialized='incremental', incremental_strategy='delete+insert',
    unique_key=['body_number', 'person_id', 'benefit_number', 'entitlement_month']) }}

-- The months that some extraction told otherwise (a few per cent), one row an extraction month: what changed since the
-- extraction before, and whether it already says what the latest one says.
{% set is_revised %}(is_status_revised or is_amount_revised) and {{ only_news('last_delivery_rank') }}{% endset %}
with revised as (
    select body_number, person_id, benefit_number, entitlement_month
    from {{ ref('int_vintage_month') }}
    where {{ is_revised }}
),

told as (
    select
        feed.body_number,
        feed.person_id,
        benefits.benefit_number,
        feed.entitlement_month,
        {{ month_of('feed.extraction_date') }} as extraction_month,
        {{ value_at_last('feed.status_code', vintage_order('feed.extraction_date', 'feed.delivery_rank')) }}
            as status_code,
        {{ value_at_last('case when scale.delivery_rank is null then coalesce(feed.paid_eur, 0) end',
            vintage_order('feed.extraction_date', 'feed.delivery_rank')) }} as paid_eur
    from {{ ref('stg_droits_mensuels') }} as feed
    join {{ ref('stg_benefits') }} as benefits on benefits.benefit_code = feed.benefit_code
    join revised as months
        on months.person_id = feed.person_id and months.entitlement_month = feed.entitlement_month
        and months.benefit_number = benefits.benefit_number and months.body_number = feed.body_number
    left join {{ ref('int_vintage_scale') }} as scale
        on scale.delivery_rank = feed.delivery_rank and scale.extraction_date = feed.extraction_date
        and scale.benefit_code = feed.benefit_code and scale.is_out_of_scale
    {% if is_incremental() -%}
    -- no older extraction tells these months
    where feed.extraction_date >= date '{{ run_query('select min(first_extraction_month) from ' ~ ref('int_vintage_month')
        ~ ' where ' ~ is_revised).columns[0].values()[0] or '9999-12-31' }}'
    {% endif -%}
    group by
        feed.body_number, feed.person_id, benefits.benefit_number, feed.entitlement_month,
        {{ month_of('feed.extraction_date') }}
),

compared as (
    select
        *,
        row_number() over since as told_number,
        lag(status_code) over since as former_status_code,
        lag(paid_eur) over since as former_paid_eur,
        last_value(status_code) over whole as last_status_code,
        last_value(paid_eur) over whole as last_paid_eur
    from told
    window
        since as (partition by body_number, person_id, benefit_number, entitlement_month order by extraction_month),
        whole as (
            partition by body_number, person_id, benefit_number, entitlement_month order by extraction_month
            rows between unbounded preceding and unbounded following
        )
),

judged as (
    select
        *,
        coalesce(status_code <> former_status_code, false) as is_status_changed,
        -- an amount that is not known was not changed
        coalesce(paid_eur <> former_paid_eur, false) as is_amount_changed,
        status_code = last_status_code and coalesce(paid_eur = last_paid_eur, true) as is_final
    from compared
)

select
    body_number,
    person_id,
    benefit_number,
    entitlement_month,
    extraction_month,
    told_number = 1 as is_first,
    is_status_changed,
    is_amount_changed,
    is_final,
    coalesce(lag(is_final) over (
        partition by body_number, person_id, benefit_number, entitlement_month order by extraction_month
    ), false) as was_final
from judged
