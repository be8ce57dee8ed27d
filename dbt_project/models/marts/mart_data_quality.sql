-- Rows set aside in the deliveries in force, files refused whole, facts that contradict each other. A row may have
-- several reasons.
with reasons as (
    select delivery_id, reason_code, row_count from {{ source('intake', 'quarantine_counts') }}
    union all
    select delivery_id, reason_code, 0 from {{ ref('stg_deliveries') }} where reason_code is not null
)

select
    coalesce(deliveries.table_name, 'inconnue') as table_name,
    coalesce(deliveries.sender_kind, 'inconnu') as sender_kind,
    case when deliveries.sender_kind is null then 'inconnu' else deliveries.sender_code end as sender_code,
    reasons.reason_code,
    'ecarte' as treatment_code,
    cast(sum(reasons.row_count) as bigint) as row_count,
    count(distinct reasons.delivery_id) as delivery_count
from reasons
join {{ ref('stg_deliveries') }} as deliveries on deliveries.delivery_id = reasons.delivery_id
where deliveries.is_current or deliveries.status_code = 'refused'
group by
    coalesce(deliveries.table_name, 'inconnue'),
    coalesce(deliveries.sender_kind, 'inconnu'),
    case when deliveries.sender_kind is null then 'inconnu' else deliveries.sender_code end,
    reasons.reason_code
union all
select table_name, sender_kind, sender_code, reason_code, treatment_code, row_count, delivery_count
from {{ ref('int_contradiction') }}
