-- Persons are not households. Two spouses met count as two persons for one household, and nothing in the deliveries
-- joins them: the households are at least as many as the claimants, or as the spouses, at most as many as the persons.
with counted as (
    select
        openings.territory_code,
        openings.benefit_code,
        count(*) as opened_count,
        count(case when roles.household_role_code = 'allocataire' then 1 end) as claimant_count,
        count(case when roles.household_role_code = 'conjoint' then 1 end) as spouse_count
    from {{ ref('int_opening') }} as openings
    left join {{ ref('int_household_role') }} as roles
        on roles.person_id = openings.person_id and roles.benefit_code = openings.benefit_code
    group by openings.territory_code, openings.benefit_code
)

select
    counted.territory_code,
    counted.benefit_code,
    benefits.unit_code,
    counted.opened_count,
    counted.claimant_count,
    counted.spouse_count,
    counted.opened_count - counted.claimant_count - counted.spouse_count as other_member_count,
    case when benefits.unit_code = 'personne' then counted.opened_count
        else greatest(counted.claimant_count, counted.spouse_count, 1) end as unit_low_count,
    counted.opened_count as unit_high_count
from counted
join {{ ref('stg_benefits') }} as benefits on benefits.benefit_code = counted.benefit_code
