-- The place of the person in the household's file, at the last month of the spell opened after the contact: the latest
-- extraction of the body that pays it.
select
    openings.person_id,
    openings.benefit_code,
    {{ value_at_last('feed.household_role_code', "feed.extraction_date || feed.body_code") }} as household_role_code
from {{ ref('int_opening') }} as openings
join {{ ref('stg_droits_mensuels') }} as feed
    on feed.person_id = openings.person_id and feed.benefit_code = openings.benefit_code
    and feed.entitlement_month = openings.spell_last_month
where openings.territory_code = 'FR'
group by openings.person_id, openings.benefit_code
