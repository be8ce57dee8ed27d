with named as (
    select
        territory_code,
        person_id,
        benefit_code,
        {{ each_part('non_take_up_codes', '|') }} as non_take_up_code
    from {{ ref('stg_droits') }}
    where non_take_up_codes is not null and situation_code <> 'percoit'
),

counted as (
    select
        case when grouping(named.territory_code) = 1 then 'FR' else named.territory_code end as territory_code,
        named.benefit_code,
        named.non_take_up_code,
        count(distinct named.person_id) as person_count
    from named
    join {{ ref('int_person_contact') }} as contacts
        on contacts.territory_code = named.territory_code and contacts.person_id = named.person_id
    group by grouping sets (
        (named.territory_code, named.benefit_code, named.non_take_up_code),
        (named.benefit_code, named.non_take_up_code)
    )
),

eligibility as (
    select
        territory_code,
        benefit_code,
        count(case when is_eligible then 1 end) as eligible_count,
        count(case when is_eligibility_unknown then 1 end) as eligibility_unknown_count
    from {{ ref('int_person_outcome') }}
    group by territory_code, benefit_code
)

select
    counted.territory_code,
    counted.benefit_code,
    counted.non_take_up_code,
    counted.person_count,
    eligibility.eligible_count,
    eligibility.eligibility_unknown_count
from counted
join eligibility
    on eligibility.territory_code = counted.territory_code and eligibility.benefit_code = counted.benefit_code
