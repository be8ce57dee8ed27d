-- The place of the person in the household's file, at the last month of the spell opened after the contact: the latest
-- extraction of a body where the benefit is open.
select
    openings.person_id,
    openings.benefit_code,
    {{ household_role_in('max(months.latest_state)') }} as household_role_code
from {{ ref('int_opening') }} as openings
join {{ ref('stg_benefits') }} as benefits on benefits.benefit_code = openings.benefit_code
join {{ ref('int_vintage_month') }} as months
    on months.person_id = openings.person_id and months.benefit_number = benefits.benefit_number
    and months.entitlement_month = openings.spell_last_month
where openings.territory_code = 'FR' and {{ is_open_in('months.latest_state') }}
group by openings.person_id, openings.benefit_code
