-- Asked: every person in force that the territory declared. What a body has not answered is a count of its own, and
-- « not found » is never « no benefit ».
with declared as (
    select territory_code, person_id, is_default_birth_date from {{ ref('stg_personnes') }}
    union all
    select 'FR', person_id, bool_or(is_default_birth_date) from {{ ref('stg_personnes') }} group by person_id
),

asked as (
    select
        declared.territory_code,
        bodies.body_code,
        coalesce(declared.is_default_birth_date, false) as is_default_birth_date,
        matches.match_status_code
    from declared
    cross join (select distinct body_code from {{ ref('stg_body_benefits') }}) as bodies
    left join {{ ref('int_person_match') }} as matches
        on matches.person_id = declared.person_id and matches.body_code = bodies.body_code
),

counted as (
    select
        territory_code,
        body_code,
        is_default_birth_date,
        count(*) as asked_person_count,
        count(case when match_status_code <> 'not_sent' then 1 end) as answered_count,
        {% for status in ['matched', 'not_found', 'ambiguous', 'not_sent'] -%}
        count(case when match_status_code = '{{ status }}' then 1 end) as {{ status }}_count,
        {% endfor -%}
        count(case when match_status_code is null then 1 end) as unanswered_count
    from asked
    group by territory_code, body_code, is_default_birth_date
)

select
    *,
    {{ share_of('matched_count', 'answered_count') }} as match_share,
    {{ share_of('ambiguous_count', 'answered_count') }} as ambiguous_share
from counted
