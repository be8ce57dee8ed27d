-- An extraction whose median amount of a benefit is above the legal ceiling is not in euros (in cents, most likely).
-- « More than half of the amounts are above » says the same as the median and needs no sort.
with amount as (
    select
        feed.body_code,
        feed.delivery_rank,
        feed.extraction_date,
        feed.benefit_code,
        case when feed.paid_eur > 0 then feed.paid_eur else feed.due_eur end as amount_eur,
        ceilings.ceiling_eur
    from {{ ref('stg_droits_mensuels') }} as feed
    join {{ ref('stg_amount_ceilings') }} as ceilings on ceilings.benefit_code = feed.benefit_code
)

select
    body_code,
    delivery_rank,
    extraction_date,
    benefit_code,
    count(*) as amount_count,
    count(case when amount_eur > ceiling_eur then 1 end) as above_count,
    count(case when amount_eur > ceiling_eur then 1 end)
        > (select limit_value from {{ ref('stg_contradictions') }} where reason_code = 'AMOUNTS_OUT_OF_SCALE')
            * count(*) as is_out_of_scale
from amount
where amount_eur > 0
group by body_code, delivery_rank, extraction_date, benefit_code
