-- Delay triangle: what each extraction month tells of each month of entitlement, and how much of it says otherwise than
-- the extraction before. A month told for the first time revises nothing.
with first_told as (
    select
        body_number,
        benefit_number,
        entitlement_month,
        first_extraction_month as extraction_month,
        count(*) as first_known_count
    from {{ ref('int_vintage_month') }}
    group by body_number, benefit_number, entitlement_month, first_extraction_month
),

changed as (
    select
        body_number,
        benefit_number,
        entitlement_month,
        extraction_month,
        count(case when is_status_changed then 1 end) as status_revised_count,
        count(case when is_amount_changed then 1 end) as amount_revised_count,
        count(case when is_status_changed or is_amount_changed then 1 end) as revised_count
    from {{ ref('int_vintage_change') }}
    group by body_number, benefit_number, entitlement_month, extraction_month
),

bodies as (
    select distinct sender_number as body_number, sender_code as body_code from {{ ref('stg_deliveries') }}
),

triangle as (
    select
        bodies.body_code,
        benefits.benefit_code,
        told.entitlement_month,
        told.extraction_month,
        cast({{ months_from('told.entitlement_month', 'told.extraction_month') }} as bigint) as delay_month_count,
        cast(told.known_count as bigint) as known_count,
        cast(coalesce(first_told.first_known_count, 0) as bigint) as first_known_count,
        cast(coalesce(changed.status_revised_count, 0) as bigint) as status_revised_count,
        cast(coalesce(changed.amount_revised_count, 0) as bigint) as amount_revised_count,
        cast(coalesce(changed.revised_count, 0) as bigint) as revised_count
    from {{ ref('int_vintage_count') }} as told
    join bodies on bodies.body_number = told.body_number
    join {{ ref('stg_benefits') }} as benefits on benefits.benefit_number = told.benefit_number
    left join first_told
        on first_told.body_number = told.body_number and first_told.benefit_number = told.benefit_number
        and first_told.entitlement_month = told.entitlement_month
        and first_told.extraction_month = told.extraction_month
    left join changed
        on changed.body_number = told.body_number and changed.benefit_number = told.benefit_number
        and changed.entitlement_month = told.entitlement_month and changed.extraction_month = told.extraction_month
)

select
    *,
    {{ share_of('revised_count', '(known_count - first_known_count)') }} as revised_share
from triangle
