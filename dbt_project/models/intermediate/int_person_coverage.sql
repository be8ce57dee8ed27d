-- Sent to a body, matched by one, and at least six months known before the first contact.
with extraction_reach as (
    -- earliest month a body has reported in an extraction of that month or a later one
    select
        starts.body_code,
        starts.first_match_month,
        min(extractions.first_known_month) as first_known_month
    from (select distinct body_code, first_match_month from {{ ref('int_person_match') }}) as starts
    join {{ ref('int_feed_extraction') }} as extractions
        on extractions.body_code = starts.body_code and extractions.extraction_month >= starts.first_match_month
    group by starts.body_code, starts.first_match_month
),

known as (
    select
        matches.person_id,
        bool_or(matches.match_status_code <> 'not_sent') as is_sent,
        bool_or(matches.is_matched) as is_matched,
        min(case when matches.is_matched then extraction_reach.first_known_month end) as first_known_month
    from {{ ref('int_person_match') }} as matches
    left join extraction_reach
        on extraction_reach.body_code = matches.body_code
        and extraction_reach.first_match_month = matches.first_match_month
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
