-- The vintage and the delay that any analysis of a feed names: the latest extraction, the months it covers, the last
-- month old enough to be analysed. A body that sent nothing is a row.
with told as (
    select
        bodies.body_code,
        benefits.benefit_code,
        counts.entitlement_month,
        counts.extraction_month,
        counts.known_count
    from {{ ref('int_vintage_count') }} as counts
    join {{ ref('stg_benefits') }} as benefits on benefits.benefit_number = counts.benefit_number
    join (
        select distinct sender_number as body_number, sender_code as body_code from {{ ref('stg_deliveries') }}
    ) as bodies on bodies.body_number = counts.body_number
),

feed as (
    select
        body_code,
        benefit_code,
        min(entitlement_month) as first_known_month,
        max(entitlement_month) as last_known_month,
        count(distinct entitlement_month) as known_month_count,
        sum(known_count) as told_count
    from told
    group by body_code, benefit_code
),

extraction as (
    select
        body_code,
        max(last_extraction_date) as latest_extraction_date,
        max(extraction_month) as latest_extraction_month,
        count(*) as vintage_count
    from {{ ref('int_feed_extraction') }}
    group by body_code
)

select
    pays.body_code,
    pays.benefit_code,
    {% if var('vintage_date', none) %}cast('{{ var("vintage_date") }}' as date){% else %}cast(null as date){% endif %}
        as vintage_date,
    extraction.latest_extraction_date,
    coalesce(extraction.vintage_count, 0) as vintage_count,
    feed.first_known_month,
    feed.last_known_month,
    coalesce(feed.known_month_count, 0) as known_month_count,
    cast(coalesce(feed.told_count, 0) as bigint) as told_count,
    rules.delay_month_count,
    rules.rule_certainty_label,
    {{ add_months('extraction.latest_extraction_month', '-rules.delay_month_count') }} as last_analysable_month
from {{ ref('stg_body_benefits') }} as pays
join {{ ref('stg_delay_rules') }} as rules on rules.body_code = pays.body_code
left join extraction on extraction.body_code = pays.body_code
left join feed on feed.body_code = pays.body_code and feed.benefit_code = pays.benefit_code
