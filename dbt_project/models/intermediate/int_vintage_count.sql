-- How many persons each extraction month tells of each month. Rows are persons, unless a body extracted twice in a month.
with told as (
    select
        *,
        {{ month_of('extraction_date') }} as extraction_month
    from {{ ref('int_vintage_row') }}
    where not is_history_too_long
),

extraction as (
    select
        body_number,
        extraction_month,
        min(delivery_rank) < max(delivery_rank) or min(extraction_date) < max(extraction_date) as is_repeated
    from told
    group by body_number, extraction_month
),

counted as (
    select
        told.body_number,
        told.benefit_code,
        told.entitlement_month,
        told.extraction_month,
        sum(told.row_count) as known_count
    from told
    join extraction
        on extraction.body_number = told.body_number and extraction.extraction_month = told.extraction_month
    where not extraction.is_repeated
    group by told.body_number, told.benefit_code, told.entitlement_month, told.extraction_month
    union all
    select
        feed.body_number,
        feed.benefit_code,
        feed.entitlement_month,
        extraction.extraction_month,
        count(distinct feed.person_id)
    from {{ ref('stg_droits_mensuels') }} as feed
    join extraction
        on extraction.body_number = feed.body_number
        and extraction.extraction_month = {{ month_of('feed.extraction_date') }}
    where extraction.is_repeated
    group by feed.body_number, feed.benefit_code, feed.entitlement_month, extraction.extraction_month
)

select
    counted.body_number,
    benefits.benefit_number,
    counted.entitlement_month,
    counted.extraction_month,
    cast(counted.known_count as bigint) as known_count
from counted
join {{ ref('stg_benefits') }} as benefits on benefits.benefit_code = counted.benefit_code
