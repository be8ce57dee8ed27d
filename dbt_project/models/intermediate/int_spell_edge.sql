-- Who paid the first and the last month of each spell, as each body's latest vintage tells it.
with edge as (
    select person_id, benefit_code, first_month as edge_month from {{ ref('int_entitlement_spell') }}
    union
    select person_id, benefit_code, last_month from {{ ref('int_entitlement_spell') }}
),

body as (
    select distinct sender_number as body_number, sender_code as body_code
    from {{ ref('stg_deliveries') }}
    where sender_kind = 'body'
)

-- two bodies at once: the first code, so that the same deliveries give the same answer
select
    edge.person_id,
    edge.benefit_code,
    edge.edge_month,
    min(body.body_code) as body_code
from edge
join {{ ref('stg_benefits') }} as benefits on benefits.benefit_code = edge.benefit_code
join {{ ref('int_vintage_month') }} as months
    on months.person_id = edge.person_id and months.benefit_number = benefits.benefit_number
    and months.entitlement_month = edge.edge_month
join body on body.body_number = months.body_number
where {{ is_open_in('months.latest_state') }}
group by edge.person_id, edge.benefit_code, edge.edge_month
