-- E5: the spells of the rule in force, and what the feeds do not let us see of them: a start or an end is known when
-- as many months as end a spell are known beyond it, none of them open.
select
    spells.person_id,
    spells.benefit_code,
    spells.first_month,
    spells.last_month,
    spells.open_month_count,
    rules.gap_months,
    coalesce({{ months_from('known.first_known_month', 'spells.first_month') }} < rules.gap_months, true)
        as is_left_truncated,
    coalesce({{ months_from('spells.last_month', 'known.last_known_month') }} < rules.gap_months, true)
        as is_right_censored
from {{ ref('int_spell_rule') }} as spells
join {{ ref('stg_spell_rules') }} as rules
    on rules.gap_months = spells.gap_months and rules.basis_code = spells.basis_code and rules.is_primary
left join {{ ref('int_person_known') }} as known
    on known.person_id = spells.person_id and known.benefit_code = spells.benefit_code
