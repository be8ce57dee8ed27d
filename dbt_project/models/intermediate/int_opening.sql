-- Each entitlement opened after the contact, with the spell it belongs to and how far the feeds let it be followed.
select
    outcomes.territory_code,
    outcomes.person_id,
    outcomes.benefit_code,
    outcomes.department_code,
    outcomes.opening_month,
    ends.last_month as spell_last_month,
    known.last_known_month,
    known.last_final_month,
    ends.exit_code
from {{ ref('int_person_outcome') }} as outcomes
join {{ ref('int_spell_end') }} as ends
    on ends.person_id = outcomes.person_id and ends.benefit_code = outcomes.benefit_code
    and outcomes.opening_month between ends.first_month and ends.last_month
left join {{ ref('int_person_known') }} as known
    on known.person_id = outcomes.person_id and known.benefit_code = outcomes.benefit_code
where outcomes.is_opened
