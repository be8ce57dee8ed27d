-- The territory's rows and, under 'FR', each person once: true in the nation when true in at least one territory.
with nation as (
    select
        'FR' as territory_code,
        outcomes.person_id,
        outcomes.benefit_code,
        bool_or(outcomes.eligibility_code = 'oui') as is_eligible,
        bool_or(outcomes.eligibility_code = 'inconnu') and not bool_or(outcomes.eligibility_code = 'oui')
            as is_eligibility_unknown,
        bool_or(outcomes.is_requested) as is_requested,
        bool_or(outcomes.is_opened) as is_opened,
        bool_or(outcomes.is_paid) as is_paid,
        bool_or(outcomes.is_unknown) as is_unknown,
        min(outcomes.opening_month) as opening_month,
        min(outcomes.opening_delay_days) as opening_delay_days,
        -- the payer is that of the territory where the entitlement opened first
        {{ value_at_first('territories.department_code', 'outcomes.opening_month || outcomes.territory_code') }}
            as department_code
    from {{ ref('int_person_benefit') }} as outcomes
    join {{ ref('stg_territories') }} as territories on territories.territory_code = outcomes.territory_code
    group by outcomes.person_id, outcomes.benefit_code
),

scoped as (
    select * from nation
    union all
    select
        outcomes.territory_code,
        outcomes.person_id,
        outcomes.benefit_code,
        outcomes.eligibility_code = 'oui',
        outcomes.eligibility_code = 'inconnu',
        outcomes.is_requested,
        outcomes.is_opened,
        outcomes.is_paid,
        outcomes.is_unknown,
        outcomes.opening_month,
        outcomes.opening_delay_days,
        territories.department_code
    from {{ ref('int_person_benefit') }} as outcomes
    join {{ ref('stg_territories') }} as territories on territories.territory_code = outcomes.territory_code
)

select
    scoped.*,
    contacts.channel_code
from scoped
join {{ ref('int_person_contact') }} as contacts
    on contacts.territory_code = scoped.territory_code and contacts.person_id = scoped.person_id
