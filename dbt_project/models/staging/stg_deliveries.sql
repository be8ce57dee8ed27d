{{ config(materialized='table') }}

with listed as (
    select territory_code as sender_code, 'territory' as sender_kind from {{ source('reference', 'territories') }}
    union all
    select body_code, 'body' from {{ source('reference', 'bodies') }}
    union all
    select sender_code, kind from {{ source('reference', 'other_senders') }}
),

-- small whole numbers are cheaper keys than codes where rows come by the million; those of a sender, and the ranks of
-- deliveries within a table, stay what they are when deliveries are added
senders as (
    select
        *,
        cast(row_number() over (order by sender_code) as smallint) as sender_number
    from listed
)

select
    deliveries.delivery_id,
    deliveries.sender_code,
    senders.sender_kind,
    senders.sender_number,
    deliveries.table_name,
    deliveries.period,
    deliveries.period_month,
    -- last month of a monthly or quarterly period
    case
        when deliveries.period like '____-T_' then {{ add_months('deliveries.period_month', 2) }}
        when deliveries.period like '____-__' and deliveries.period not like '____-S_' then deliveries.period_month
    end as period_end_month,
    deliveries.version,
    deliveries.status_code,
    deliveries.status_code in ('accepted', 'partial') as is_received,
    deliveries.is_current,
    deliveries.reason_code,
    deliveries.accepted_row_count,
    deliveries.refused_row_count,
    row_number() over (
        partition by deliveries.table_name
        order by deliveries.period_month, deliveries.version, deliveries.delivery_id
    ) as delivery_rank
from {{ source('intake', 'deliveries') }} as deliveries
left join senders on senders.sender_code = deliveries.sender_code
-- a territory's delivery is known once its period is over; the rows of a body say when they were extracted
where deliveries.period_month is null
    or {{ known_by(
        "case when senders.sender_kind = 'territory' then " ~ add_months('deliveries.period_month',
            "case when deliveries.period like '____-T_' then 3 when deliveries.period like '____-S_' then 6
            when deliveries.period like '____-__' then 1 else 12 end")
        ~ " - interval 1 day else deliveries.period_month end") }}
