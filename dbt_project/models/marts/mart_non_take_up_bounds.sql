-- Non-take-up among the persons met, the month before their first contact: of those theoretically entitled, who did not
-- receive. Those possibly entitled make it an interval, whose ends take, of them, only those who received or only those
-- who did not. Three denominators: certainly entitled, certainly or possibly, met. Whose receipt is unknown is counted
-- and stays out. Beside: recipients that the computation holds not entitled, its error. Never a rate of the territory.
with state as (
    select
        contacts.territory_code,
        benefits.benefit_code,
        coalesce(theoretical.entitlement_code, 'unknown') as entitlement_code,
        received.person_id is not null as is_recipient,
        received.person_id is not null or coalesce({{ add_months('contacts.first_contact_month', -1) }}
            between known.first_known_month and known.last_known_month, false) as is_known
    from {{ ref('int_person_contact') }} as contacts
    join {{ ref('stg_benefits') }} as benefits on benefits.has_body_feed
    left join {{ ref('int_person_entitlement') }} as theoretical
        on theoretical.territory_code = contacts.territory_code and theoretical.person_id = contacts.person_id
        and theoretical.benefit_code = benefits.benefit_code
    left join {{ ref('int_person_known') }} as known
        on known.person_id = contacts.person_id and known.benefit_code = benefits.benefit_code
    left join {{ ref('int_benefit_month_latest') }} as received
        on received.person_id = contacts.person_id and received.benefit_code = benefits.benefit_code
        and received.entitlement_month = {{ add_months('contacts.first_contact_month', -1) }} and received.is_open
),

counted as (
    select
        territory_code,
        benefit_code,
        count(*) as met_count,
        count(case when is_known then 1 end) as known_count,
        {% for code in ['certain', 'possible', 'certainly_not', 'unknown'] -%}
        count(case when is_known and entitlement_code = '{{ code }}' then 1 end) as {{ code }}_count,
        count(case when is_recipient and entitlement_code = '{{ code }}' then 1 end) as {{ code }}_recipient_count,
        {% endfor -%}
        count(case when not is_known and entitlement_code = 'certain' then 1 end) as certain_unobserved_count,
        count(case when not is_known and entitlement_code = 'possible' then 1 end) as possible_unobserved_count
    from state
    group by territory_code, benefit_code
),

measured as (
    select
        *,
        certain_count - certain_recipient_count as certain_missing_count,
        possible_count - possible_recipient_count as possible_missing_count
    from counted
)

select
    territory_code,
    benefit_code,
    met_count,
    known_count,
    met_count - known_count as unobserved_count,
    certain_count,
    certain_missing_count,
    certain_unobserved_count,
    possible_count,
    possible_missing_count,
    possible_unobserved_count,
    certainly_not_count as not_entitled_count,
    unknown_count as undetermined_count,
    {{ share_of('certain_missing_count', 'certain_count') }} as certain_missing_share,
    {{ share_of('(certain_missing_count + possible_missing_count)', '(certain_count + possible_count)') }}
        as possible_missing_share,
    {{ share_of('certain_missing_count', '(certain_count + possible_recipient_count)') }} as lowest_missing_share,
    {{ share_of('(certain_missing_count + possible_missing_count)', '(certain_count + possible_missing_count)') }}
        as highest_missing_share,
    {{ share_of('certain_missing_count', 'known_count') }} as met_lowest_missing_share,
    {{ share_of('(certain_missing_count + possible_missing_count)', 'known_count') }} as met_highest_missing_share,
    certain_recipient_count + possible_recipient_count + certainly_not_recipient_count as judged_recipient_count,
    certainly_not_recipient_count as unentitled_recipient_count,
    unknown_recipient_count as unjudged_recipient_count,
    {{ share_of('certainly_not_recipient_count',
        '(certain_recipient_count + possible_recipient_count + certainly_not_recipient_count)') }}
        as unentitled_recipient_share
from measured
