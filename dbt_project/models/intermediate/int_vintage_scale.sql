-- rows of a delivery say nothing of another one: what the feed gains leaves the former ones as they are
{{ config(meta={'is_by_delivery': true}) }}

-- An extraction whose median amount of a benefit is above the legal ceiling is not in euros (in cents, most likely).
-- « More than half of the amounts are above » says the same as the median and needs no sort.
select
    body_code,
    delivery_rank,
    extraction_date,
    benefit_code,
    cast(sum(amount_count) as bigint) as amount_count,
    cast(sum(above_count) as bigint) as above_count,
    sum(above_count)
        > (select limit_value from {{ ref('stg_contradictions') }} where reason_code = 'AMOUNTS_OUT_OF_SCALE')
            * sum(amount_count) as is_out_of_scale
from {{ ref('int_vintage_row') }}
where not is_history_too_long and amount_count > 0
group by body_code, delivery_rank, extraction_date, benefit_code
