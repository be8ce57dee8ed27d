-- Facts that contradict each other, counted by sender and rule; what becomes of them is the list `contradictions`.
with feed as (
    select
        body_code,
        delivery_rank,
        count(case when is_opening_before_request then 1 end) as opening_before_request_count,
        count(case when is_payment_without_right then 1 end) as payment_without_right_count,
        count(case when is_history_too_long then 1 end) as history_too_long_count
    from {{ ref('stg_droits_mensuels_recus') }}
    where is_opening_before_request or is_payment_without_right or is_history_too_long
    group by body_code, delivery_rank
),

person as (
    select
        territory_code,
        delivery_id,
        count(*) over (partition by person_id) as territory_count
    from {{ ref('stg_personnes') }}
),

found as (
    {% for reason in ['opening_before_request', 'payment_without_right', 'history_too_long'] %}
    select
        body_code as sender_code,
        '{{ reason.upper() }}' as reason_code,
        delivery_rank as delivery_number,
        {{ reason }}_count as row_count
    from feed
    where {{ reason }}_count > 0
    union all
    {% endfor %}
    select body_code, 'AMOUNTS_OUT_OF_SCALE', delivery_rank, amount_count
    from {{ ref('int_vintage_scale') }}
    where is_out_of_scale
    union all
    select territory_code, 'SEVERAL_FIRST_CONTACTS', delivery_id, count(*)
    from person
    where territory_count >= (
        select limit_value from {{ ref('stg_contradictions') }} where reason_code = 'SEVERAL_FIRST_CONTACTS'
    )
    group by territory_code, delivery_id
)

select
    rules.table_name,
    case when rules.table_name = 'personnes' then 'territory' else 'body' end as sender_kind,
    found.sender_code,
    found.reason_code,
    rules.treatment_code,
    cast(sum(found.row_count) as bigint) as row_count,
    count(distinct found.delivery_number) as delivery_count
from found
join {{ ref('stg_contradictions') }} as rules on rules.reason_code = found.reason_code
group by rules.table_name, found.sender_code, found.reason_code, rules.treatment_code
