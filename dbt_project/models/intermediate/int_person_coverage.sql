-- Sent to a body, matched by one, and at least six months known before the first contact.
with known as (
    select
        matches.person_id,
        bool_or(matches.match_status_code <> 'not_sent') as is_sent,
        bool_or(matches.is_matched) as is_matched,
        min(case when matches.is_matched then reach.first_known_month end) as first_known_month
    from {{ ref('int_person_match') }} as matches
    left join {{ ref('int_body_reach') }} as reach
        on reach.body_code = matches.body_code and reach.first_match_month = matches.first_match_month
    group by matches.person_id
)

select
    contacts.territory_code,
    contacts.person_id,
    contacts.contact_count,
    coalesce(known.is_sent, false) as is_sent,
    coalesce(known.is_matched, false) as is_matched,
    coalesce({{ months_from('known.first_known_month', 'contacts.first_contact_month') }} >= 6, false)
        as has_pre_period
from {{ ref('int_person_contact') }} as contacts
left join known on known.person_id = contacts.person_id
