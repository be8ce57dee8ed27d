-- What a body had answered by each of its deliveries: the state of every person then, not the news of the month.
with delivered as (
    select
        sender_code as body_code,
        period_month,
        count(*) as delivery_count,
        sum(case when table_name = 'droits_mensuels' then accepted_row_count end) as benefit_month_count
    from {{ ref('stg_deliveries') }}
    where sender_kind = 'body' and is_current
    group by sender_code, period_month
),

answer as (
    select
        body_code,
        person_id,
        period_month,
        {{ value_at_last('match_status_code',
            "extraction_date || case when match_status_code = 'matched' then 1 else 0 end") }} as status_code,
        max(extraction_date) as extraction_date
    from {{ ref('stg_retours_recus') }}
    group by body_code, person_id, period_month
),

-- a person who changes status leaves the former count in the period that brings the new one
change as (
    select body_code, period_month, status_code, extraction_date, 1 as step from answer
    union all
    select body_code, period_month, former_code, null, -1
    from (
        select
            body_code,
            period_month,
            lag(status_code) over (partition by body_code, person_id order by period_month) as former_code
        from answer
    ) as followed
    where former_code is not null
),

news as (
    select
        body_code,
        period_month,
        {% for status in ['matched', 'not_found', 'ambiguous', 'not_sent'] -%}
        sum(case when status_code = '{{ status }}' then step else 0 end) as {{ status }}_step,
        {% endfor -%}
        max(extraction_date) as extraction_date
    from change
    group by body_code, period_month
),

state as (
    select
        delivered.body_code,
        delivered.period_month,
        delivered.delivery_count,
        coalesce(delivered.benefit_month_count, 0) as benefit_month_count,
        {% for status in ['matched', 'not_found', 'ambiguous', 'not_sent'] -%}
        coalesce(sum(news.{{ status }}_step) over until_then, 0) as {{ status }}_count,
        {% endfor -%}
        max(news.extraction_date) over until_then as extraction_date
    from delivered
    left join news on news.body_code = delivered.body_code and news.period_month = delivered.period_month
    window until_then as (partition by delivered.body_code order by delivered.period_month)
)

select
    body_code,
    period_month,
    cast(delivery_count as bigint) as delivery_count,
    cast(benefit_month_count as bigint) as benefit_month_count,
    cast(matched_count + not_found_count + ambiguous_count + not_sent_count as bigint) as returned_person_count,
    cast(matched_count as bigint) as matched_count,
    cast(not_found_count as bigint) as not_found_count,
    cast(ambiguous_count as bigint) as ambiguous_count,
    cast(not_sent_count as bigint) as not_sent_count,
    {{ share_of('matched_count', '(matched_count + not_found_count + ambiguous_count + not_sent_count)') }}
        as match_share,
    extraction_date
from state
