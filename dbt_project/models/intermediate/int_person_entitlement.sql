-- What the law could give a person met, in the month of first contact: the answer computed for the description of the
-- household (methods 4.7). The nation takes the description given at the earliest contact.
with described as (
    select
        persons.territory_code,
        persons.person_id,
        persons.first_contact_date,
        {{ month_of('persons.first_contact_date') }} as first_contact_month,
        coalesce(territories.department_code, '') as department_code,
        persons.age_band_code,
        persons.family_code,
        persons.child_count,
        persons.housing_code,
        persons.activity_code
    from {{ ref('stg_personnes') }} as persons
    join {{ ref('stg_territories') }} as territories on territories.territory_code = persons.territory_code
),

ranked as (
    select
        territory_code,
        person_id,
        row_number() over (partition by person_id order by first_contact_date, territory_code) as contact_rank
    from described
),

answered as (
    select
        described.territory_code,
        described.person_id,
        answers.benefit_code,
        described.first_contact_month,
        answers.entitlement_code,
        answers.low_eur,
        answers.high_eur
    from described
    join {{ ref('stg_theoretical') }} as answers
        on answers.department_code = described.department_code
        and answers.first_contact_month = described.first_contact_month
        and answers.age_band_code = described.age_band_code
        and answers.family_code = described.family_code
        and answers.child_count is not distinct from described.child_count
        and answers.housing_code = described.housing_code
        and answers.activity_code = described.activity_code
)

select * from answered
union all
select
    'FR' as territory_code,
    answered.person_id,
    answered.benefit_code,
    answered.first_contact_month,
    answered.entitlement_code,
    answered.low_eur,
    answered.high_eur
from answered
join ranked on ranked.person_id = answered.person_id and ranked.territory_code = answered.territory_code
where ranked.contact_rank = 1
