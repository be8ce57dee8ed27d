-- E3: the match of a person at a body is the answer of the latest extraction; on the same day, a match wins.
with answer as (
    select
        person_id,
        body_code,
        match_status_code,
        row_number() over (
            partition by person_id, body_code
            order by extraction_date desc, case when match_status_code = 'matched' then 0 else 1 end, match_status_code
        ) as answer_rank
    from {{ ref('stg_retours') }}
),

first_match as (
    select
        person_id,
        body_code,
        {{ month_of('min(extraction_date)') }} as first_match_month
    from {{ ref('stg_retours_recus') }}
    where match_status_code = 'matched'
    group by person_id, body_code
)

select
    answer.person_id,
    answer.body_code,
    answer.match_status_code,
    answer.match_status_code = 'matched' as is_matched,
    first_match.first_match_month
from answer
left join first_match on first_match.person_id = answer.person_id and first_match.body_code = answer.body_code
where answer.answer_rank = 1
