-- Each entitlement opened after the contact, with the spell it belongs to and how far the feeds let it be followed.
with followed as (
    select
        pays.benefit_code,
        max(extractions.last_known_month) as last_known_month
    from {{ ref('stg_body_benefits') }} as pays
    join {{ ref('int_feed_extraction') }} as extractions on extractions.body_code = pays.body_code
    group by pays.benefit_code
),

opened as (
    select
        outcomes.territory_code,
        outcomes.person_id,
        outcomes.benefit_code,
        outcomes.department_code,
        outcomes.opening_month,
        spells.last_month as spell_last_month,
        followed.last_known_month
    from {{ ref('int_person_outcome') }} as outcomes
    join {{ ref('int_entitlement_spell') }} as spells
        on spells.person_id = outcomes.person_id and spells.benefit_code = outcomes.benefit_code
        and outcomes.opening_month between spells.first_month and spells.last_month
    join followed on followed.benefit_code = outcomes.benefit_code
    where outcomes.is_opened
),

-- a legal minimum that starts within two months of the end of another one
transition as (
    select distinct opened.person_id, opened.benefit_code, opened.spell_last_month
    from opened
    join {{ ref('stg_benefits') }} as ending on ending.benefit_code = opened.benefit_code and ending.is_legal_minimum
    join {{ ref('int_entitlement_spell') }} as spells
        on spells.person_id = opened.person_id and spells.benefit_code <> opened.benefit_code
        and spells.first_month between opened.spell_last_month and {{ add_months('opened.spell_last_month', 2) }}
    join {{ ref('stg_benefits') }} as starting on starting.benefit_code = spells.benefit_code and starting.is_legal_minimum
)

select
    opened.*,
    case
        when {{ months_from('opened.spell_last_month', 'opened.last_known_month') }} < 2 then 'censored'
        when transition.person_id is not null then 'transition'
        else 'exit'
    end as exit_code
from opened
left join transition
    on transition.person_id = opened.person_id and transition.benefit_code = opened.benefit_code
    and transition.spell_last_month = opened.spell_last_month
