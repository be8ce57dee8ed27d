-- Facts that contradict each other, counted by sender and rule; what becomes of them is the list `contradictions`.
with person as (
    select
        territory_code,
        delivery_id,
        count(*) over (partition by person_id) as territory_count
    from {{ ref('stg_personnes') }}
),

found as (
    {% for reason, measure in {
        'OPENING_BEFORE_REQUEST': 'opening_before_request_count',
        'PAYMENT_WITHOUT_RIGHT': 'payment_without_right_count',
        'HISTORY_TOO_LONG': 'case when is_history_too_long then row_count else 0 end'
    }.items() %}
    select
        body_code as sender_code,
        '{{ reason }}' as reason_code,
        delivery_rank as delivery_number,
        {{ measure }} as row_count
    from {{ ref('int_vintage_row') }}
    union all
    {% endfor %}
    select body_code, 'AMOUNTS_OUT_OF_SCALE', delivery_rank, amount_count
    from {{ ref('int_vintage_scale') }}
    where is_out_of_scale
    union all
    select territory_code, 'SEVERAL_FIRST_CONTACTS', delivery_id, 1
    from person
    where territory_count >= (
        select limit_value from {{ ref('stg_contradictions') }} where reason_code = 'SEVERAL_FIRST_CONTACTS'
    )
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
where found.row_count > 0
group by rules.table_name, found.sender_code, found.reason_code, rules.treatment_code
