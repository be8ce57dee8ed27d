-- Types are those the professional named, several at a time; who was given none is counted beside. A type named for the
-- benefit elsewhere, and by nobody here, is a zero.
with at_stake as (
    select
        claims.territory_code,
        claims.person_id,
        claims.benefit_code,
        claims.non_take_up_codes
    from {{ ref('stg_droits') }} as claims
    join {{ ref('int_person_contact') }} as contacts
        on contacts.territory_code = claims.territory_code and contacts.person_id = claims.person_id
    where claims.situation_code <> 'percoit'
),

named as (
    select
        territory_code,
        person_id,
        benefit_code,
        {{ each_part('non_take_up_codes', '|') }} as non_take_up_code
    from at_stake
    where non_take_up_codes is not null
),

counted as (
    select
        case when grouping(territory_code) = 1 then 'FR' else territory_code end as territory_code,
        benefit_code,
        non_take_up_code,
        count(distinct person_id) as person_count
    from named
    group by grouping sets ((territory_code, benefit_code, non_take_up_code), (benefit_code, non_take_up_code))
),

typed as (
    select
        case when grouping(territory_code) = 1 then 'FR' else territory_code end as territory_code,
        benefit_code,
        count(distinct person_id) as at_stake_count,
        count(distinct case when non_take_up_codes is not null then person_id end) as typed_person_count
    from at_stake
    group by grouping sets ((territory_code, benefit_code), (benefit_code))
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
    typed.territory_code,
    typed.benefit_code,
    nation.non_take_up_code,
    coalesce(counted.person_count, 0) as person_count,
    typed.typed_person_count,
    typed.at_stake_count - typed.typed_person_count as untyped_person_count,
    eligibility.eligible_count,
    eligibility.eligibility_unknown_count
from typed
join counted as nation on nation.territory_code = 'FR' and nation.benefit_code = typed.benefit_code
left join counted
    on counted.territory_code = typed.territory_code and counted.benefit_code = typed.benefit_code
    and counted.non_take_up_code = nation.non_take_up_code
join eligibility
    on eligibility.territory_code = typed.territory_code and eligibility.benefit_code = typed.benefit_code
where typed.typed_person_count > 0
