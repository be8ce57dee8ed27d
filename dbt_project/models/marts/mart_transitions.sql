-- Where entitlements go: every spell of the persons met that changed body on its way, or whose end the feeds show.
with moved as (
    select
        'body_change' as passage_code,
        benefit_code as from_benefit_code,
        first_body_code as from_body_code,
        benefit_code as to_benefit_code,
        last_body_code as to_body_code,
        person_id
    from {{ ref('int_spell_end') }}
    where first_body_code <> last_body_code
    union all
    select
        case when exit_code = 'exit' then 'exit' when next_benefit_code = benefit_code then 'body_change'
            else 'benefit_change' end,
        benefit_code,
        last_body_code,
        next_benefit_code,
        next_body_code,
        person_id
    from {{ ref('int_spell_end') }}
    where exit_code <> 'censored'
)

select
    passage_code,
    from_benefit_code,
    from_body_code,
    to_benefit_code,
    to_body_code,
    count(*) as passage_count,
    count(distinct person_id) as person_count
from moved
group by passage_code, from_benefit_code, from_body_code, to_benefit_code, to_body_code
