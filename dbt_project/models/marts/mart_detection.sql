-- Axis 2, by person: of those received, who had their entitlements reviewed, who was found to lack one that a
-- professional holds them eligible for (detected), who was referred, who got there. Nationally a person counts once.
-- Where a territory sends no review, or no encounter, nobody could be found: such persons are outside the rates.
with reviewed as (
    select
        territory_code,
        person_id,
        bool_or(situation_code <> 'percoit' and eligibility_code = 'oui') as is_detected,
        bool_or(situation_code <> 'percoit' and eligibility_code = 'inconnu') as is_uncertain
    from {{ ref('stg_droits') }}
    group by territory_code, person_id
),

referred as (
    select
        territory_code,
        person_id,
        bool_or(referral_code <> 'aucune') as is_referred,
        bool_or(referral_code <> 'aucune' and referral_outcome_code = 'oui') as is_completed,
        bool_or(referral_code <> 'aucune' and coalesce(referral_outcome_code, 'inconnu') = 'inconnu') as is_unsettled
    from {{ ref('stg_rencontres') }}
    group by territory_code, person_id
),

in_territory as (
    select
        contacts.territory_code,
        contacts.person_id,
        reviewed.person_id is not null as is_reviewed,
        contacts.territory_code in (select reviewed.territory_code from reviewed) as is_reviewable,
        contacts.territory_code in (select referred.territory_code from referred) as is_referable,
        coalesce(reviewed.is_detected, false) as is_detected,
        coalesce(reviewed.is_uncertain, false) as is_uncertain,
        coalesce(referred.is_referred, false) as is_referred,
        coalesce(referred.is_completed, false) as is_completed,
        coalesce(referred.is_unsettled, false) as is_unsettled
    from {{ ref('int_person_contact') }} as contacts
    left join reviewed
        on reviewed.territory_code = contacts.territory_code and reviewed.person_id = contacts.person_id
    left join referred
        on referred.territory_code = contacts.territory_code and referred.person_id = contacts.person_id
    where contacts.territory_code <> 'FR'
),

scoped as (
    select * from in_territory
    union all
    select
        'FR', person_id, bool_or(is_reviewed), bool_or(is_reviewable), bool_or(is_referable), bool_or(is_detected),
        bool_or(is_uncertain), bool_or(is_referred), bool_or(is_completed), bool_or(is_unsettled)
    from in_territory
    group by person_id
)

select
    scoped.territory_code,
    coalesce(contacts.channel_code, 'tous') as channel_code,
    count(*) as person_count,
    count(case when scoped.is_reviewable then 1 end) as reviewable_person_count,
    count(case when scoped.is_reviewed then 1 end) as reviewed_person_count,
    count(case when scoped.is_detected then 1 end) as detected_person_count,
    count(case when scoped.is_uncertain and not scoped.is_detected then 1 end) as detection_unknown_count,
    count(case when scoped.is_referable then 1 end) as referable_person_count,
    count(case when scoped.is_referred then 1 end) as referred_person_count,
    count(case when scoped.is_completed then 1 end) as completed_person_count,
    count(case when scoped.is_unsettled and not scoped.is_completed then 1 end) as completion_unknown_count
from scoped
join {{ ref('int_person_contact') }} as contacts
    on contacts.territory_code = scoped.territory_code and contacts.person_id = scoped.person_id
group by grouping sets ((scoped.territory_code, contacts.channel_code), (scoped.territory_code))
