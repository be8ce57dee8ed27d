-- Of the months that the body could tell as they came (person already followed) and that are old enough to be settled
-- (delay rule), how many are told, and told as they stand today, after so many months. The history sent for a person
-- newly followed says nothing of the body's delay.
{% set longest_delay = 12 %}

with followed_person as (
    select body_number, person_id, min(first_extraction_month) as followed_month
    from {{ ref('int_vintage_month') }}
    group by body_number, person_id
),

body as (
    select
        deliveries.sender_number as body_number,
        rules.body_code,
        {{ add_months('max(extractions.extraction_month)', '-max(rules.delay_month_count)') }} as settled_month
    from {{ ref('stg_delay_rules') }} as rules
    join {{ ref('int_feed_extraction') }} as extractions on extractions.body_code = rules.body_code
    join (select distinct sender_code, sender_number from {{ ref('stg_deliveries') }}) as deliveries
        on deliveries.sender_code = rules.body_code
    group by deliveries.sender_number, rules.body_code
),

settled as (
    select months.*
    from {{ ref('int_vintage_month') }} as months
    join body on body.body_number = months.body_number and months.entitlement_month <= body.settled_month
    join followed_person
        on followed_person.body_number = months.body_number and followed_person.person_id = months.person_id
        and months.entitlement_month >= followed_person.followed_month
),

-- a month enters the final count when it says what it will end by saying, and leaves it when it stops
event as (
    select
        body_number,
        benefit_number,
        {{ months_from('entitlement_month', 'first_extraction_month') }} as delay_month_count,
        count(*) as known_count,
        count(case when not (is_status_revised or is_amount_revised) then 1 end) as final_count
    from settled
    group by body_number, benefit_number, {{ months_from('entitlement_month', 'first_extraction_month') }}
    union all
    select
        changes.body_number,
        changes.benefit_number,
        {{ months_from('changes.entitlement_month', 'changes.extraction_month') }},
        0,
        sum(case when changes.is_final then 1 else 0 end - case when changes.was_final then 1 else 0 end)
    from {{ ref('int_vintage_change') }} as changes
    join settled
        on settled.body_number = changes.body_number and settled.person_id = changes.person_id
        and settled.benefit_number = changes.benefit_number and settled.entitlement_month = changes.entitlement_month
    group by
        changes.body_number, changes.benefit_number,
        {{ months_from('changes.entitlement_month', 'changes.extraction_month') }}
),

delay as (
    {% for number in range(longest_delay + 1) %}
    select {{ number }} as delay_month_count {{ 'union all' if not loop.last }}
    {% endfor %}
),

cumulated as (
    select
        pays.body_code,
        pays.benefit_code,
        delay.delay_month_count,
        sum(event.known_count) as settled_count,
        sum(case when event.delay_month_count <= delay.delay_month_count then event.known_count end) as known_count,
        sum(case when event.delay_month_count <= delay.delay_month_count then event.final_count end) as final_count
    from {{ ref('stg_body_benefits') }} as pays
    cross join delay
    join {{ ref('stg_benefits') }} as benefits on benefits.benefit_code = pays.benefit_code
    left join body on body.body_code = pays.body_code
    left join event on event.body_number = body.body_number and event.benefit_number = benefits.benefit_number
    group by pays.body_code, pays.benefit_code, delay.delay_month_count
)

select
    body_code,
    benefit_code,
    cast(delay_month_count as bigint) as delay_month_count,
    cast(coalesce(settled_count, 0) as bigint) as settled_count,
    cast(coalesce(known_count, 0) as bigint) as known_count,
    cast(coalesce(final_count, 0) as bigint) as final_count,
    {{ share_of('coalesce(known_count, 0)', 'settled_count') }} as known_share,
    {{ share_of('coalesce(final_count, 0)', 'settled_count') }} as final_share
from cumulated
