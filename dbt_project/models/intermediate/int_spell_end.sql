-- How each spell ends. Not an exit: the benefit goes on at another body (before four months without it, as the law
-- reopens the RSA without a new request), or a benefit of `benefit_transitions` is open in the months that end it.
with spell as (
    select
        spells.person_id,
        spells.benefit_code,
        spells.first_month,
        spells.last_month,
        spells.gap_months,
        spells.is_right_censored,
        starts.body_code as first_body_code,
        ends.body_code as last_body_code,
        lead(starts.body_code) over following as next_body_code,
        lead(spells.first_month) over following as next_first_month
    from {{ ref('int_entitlement_spell') }} as spells
    left join {{ ref('int_spell_edge') }} as starts
        on starts.person_id = spells.person_id and starts.benefit_code = spells.benefit_code
        and starts.edge_month = spells.first_month
    left join {{ ref('int_spell_edge') }} as ends
        on ends.person_id = spells.person_id and ends.benefit_code = spells.benefit_code
        and ends.edge_month = spells.last_month
    window following as (partition by spells.person_id, spells.benefit_code order by spells.first_month)
),

taken_over as (
    select
        spell.person_id,
        spell.benefit_code,
        spell.last_month,
        -- the one open first
        {{ value_at_first('others.benefit_code', 'others.first_month || others.benefit_code') }} as next_benefit_code
    from spell
    join {{ ref('stg_benefit_transitions') }} as transitions on transitions.from_benefit_code = spell.benefit_code
    join {{ ref('int_entitlement_spell') }} as others
        on others.person_id = spell.person_id and others.benefit_code = transitions.to_benefit_code
        and others.last_month > spell.last_month
        and others.first_month <= {{ add_months('spell.last_month', 'spell.gap_months') }}
    where not spell.is_right_censored
    group by spell.person_id, spell.benefit_code, spell.last_month
),

judged as (
    select
        spell.*,
        taken_over.next_benefit_code,
        spell.next_body_code <> spell.last_body_code
            and {{ months_from('spell.last_month', 'spell.next_first_month') }} <= 4 as has_moved
    from spell
    left join taken_over
        on taken_over.person_id = spell.person_id and taken_over.benefit_code = spell.benefit_code
        and taken_over.last_month = spell.last_month
)

select
    person_id,
    benefit_code,
    first_month,
    last_month,
    first_body_code,
    last_body_code,
    case
        when is_right_censored then 'censored'
        when has_moved or next_benefit_code is not null then 'transition'
        else 'exit'
    end as exit_code,
    case when is_right_censored then null when has_moved then benefit_code else next_benefit_code end
        as next_benefit_code,
    case when has_moved and not is_right_censored then next_body_code end as next_body_code
from judged
