-- E1: a person met is an accepted row of `personnes`; the nation counts a person once, from the earliest contact.
-- A person whom several territories claim is kept by each and flagged.
with encounter as (
    select
        territory_code,
        person_id,
        count(*) as contact_count,
        min(contact_date) as encounter_date,
        {{ value_at_first('channel_code', "contact_date || action_code") }} as channel_code
    from {{ ref('stg_rencontres') }}
    group by territory_code, person_id
),

met as (
    select
        persons.territory_code,
        persons.person_id,
        persons.first_contact_date,
        count(*) over (partition by persons.person_id) as declaring_territory_count,
        coalesce(encounter.contact_count, 0) as contact_count,
        encounter.encounter_date,
        encounter.channel_code
    from {{ ref('stg_personnes') }} as persons
    left join encounter
        on encounter.territory_code = persons.territory_code and encounter.person_id = persons.person_id
),

nation as (
    select
        'FR' as territory_code,
        person_id,
        min(first_contact_date) as first_contact_date,
        count(*) as declaring_territory_count,
        sum(contact_count) as contact_count,
        -- channel of the earliest encounter, wherever it took place
        {{ value_at_first('channel_code', "coalesce(encounter_date, date '9999-12-31') || territory_code") }}
            as channel_code
    from met
    group by person_id
)

select
    territory_code,
    person_id,
    first_contact_date,
    {{ month_of('first_contact_date') }} as first_contact_month,
    declaring_territory_count > 1 as is_shared,
    coalesce(channel_code, 'non_renseigne') as channel_code,
    cast(contact_count as bigint) as contact_count
from (
    select territory_code, person_id, first_contact_date, declaring_territory_count, channel_code, contact_count
    from met
    union all
    select territory_code, person_id, first_contact_date, declaring_territory_count, channel_code, contact_count
    from nation
) as scoped
