-- How many months of persons each extraction month tells. Rows are persons, unless a body extracted twice in a month.
with told as (
    select
        body_number,
        benefit_code,
        entitlement_month,
        extraction_date,
        delivery_rank,
        count(*) as row_count
    from {{ ref('stg_droits_mensuels') }}
    group by body_number, benefit_code, entitlement_month, extraction_date, delivery_rank
),

extraction as (
    select
        body_number,
        {{ month_of('extraction_date') }} as extraction_month,
        min(delivery_rank) < max(delivery_rank) or min(extraction_date) < max(extraction_date) as is_repeated
    from told
    group by body_number, {{ month_of('extraction_date') }}
),

counted as (
    select
        told.body_number,
        told.benefit_code,
        told.entitlement_month,
        extraction.extraction_month,
        sum(told.row_count) as known_count
    from told
    join extraction
        on extraction.body_number = told.body_number
        and extraction.extraction_month = {{ month_of('told.extraction_date') }}
    where not extraction.is_repeated
    group by told.body_number, told.benefit_code, told.entitlement_month, extraction.extraction_month
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
    counted.known_count
from counted
join {{ ref('stg_benefits') }} as benefits on benefits.benefit_code = counted.benefit_code
