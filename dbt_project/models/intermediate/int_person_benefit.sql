-- E3: discussed by a territory; then requested, opened, paid: three different counts, of those who did not receive it.
-- Opened whatever the amount (the free CSS pays nothing) and whatever the place in the household's file: a benefit of
-- the household covers the spouse whom a territory met. Unknown when the bodies do not tell the month before the
-- person's first contact, in any territory: what was open then did not open after.
with discussed as (
    select
        claims.territory_code,
        claims.person_id,
        claims.benefit_code,
        claims.eligibility_code,
        claims.situation_code <> 'percoit' as is_at_stake,
        claims.request_date is not null as has_local_request,
        contacts.first_contact_date,
        contacts.first_contact_month
    from {{ ref('stg_droits') }} as claims
    join {{ ref('int_person_contact') }} as contacts
        on contacts.territory_code = claims.territory_code and contacts.person_id = claims.person_id
),

known as (
    select months.person_id, months.benefit_code
    from {{ ref('int_person_known') }} as months
    join {{ ref('int_person_contact') }} as contacts
        on contacts.person_id = months.person_id and contacts.territory_code = 'FR'
        and contacts.first_contact_month > months.first_known_month
),

feed as (
    select
        discussed.territory_code,
        discussed.person_id,
        discussed.benefit_code,
        max(months.request_date) as request_date,
        -- open the month before, or two months before and again in the month of the contact: a hole of one month
        bool_or(months.is_open and months.entitlement_month = {{ add_months('discussed.first_contact_month', -1) }})
            or bool_or(months.is_open and months.entitlement_month = discussed.first_contact_month)
            and bool_or(months.is_open
                and months.entitlement_month = {{ add_months('discussed.first_contact_month', -2) }})
            as was_open_before,
        min(case when months.is_open and months.entitlement_month >= discussed.first_contact_month
            then months.entitlement_month end) as opening_month,
        {{ value_at_first('months.decision_date', 'case when months.is_open and months.entitlement_month'
            ~ ' >= discussed.first_contact_month then months.entitlement_month end') }} as decision_date,
        {{ total_eur('case when months.entitlement_month >= discussed.first_contact_month then months.paid_eur end') }}
            as paid_eur
    from discussed
    join {{ ref('int_benefit_month_latest') }} as months
        on months.person_id = discussed.person_id and months.benefit_code = discussed.benefit_code
    where discussed.is_at_stake
    group by discussed.territory_code, discussed.person_id, discussed.benefit_code
)

select
    discussed.territory_code,
    discussed.person_id,
    discussed.benefit_code,
    discussed.eligibility_code,
    discussed.is_at_stake and (discussed.has_local_request
        or coalesce(feed.request_date >= discussed.first_contact_date, false)) as is_requested,
    discussed.is_at_stake and known.person_id is null as is_unknown,
    discussed.is_at_stake and known.person_id is not null and feed.opening_month is not null
        and not feed.was_open_before as is_opened,
    is_opened and feed.paid_eur > 0 as is_paid,
    case when is_opened then feed.opening_month end as opening_month,
    -- from the first contact to the decision, or to the month opened when no decision date is known
    case when is_opened then greatest(0, {{ days_from('discussed.first_contact_date',
        'coalesce(feed.decision_date, feed.opening_month)') }}) end as opening_delay_days
from discussed
left join feed
    on feed.territory_code = discussed.territory_code and feed.person_id = discussed.person_id
    and feed.benefit_code = discussed.benefit_code
left join known on known.person_id = discussed.person_id and known.benefit_code = discussed.benefit_code
