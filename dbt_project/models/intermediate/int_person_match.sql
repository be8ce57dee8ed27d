-- E3: the match of a person at a body is the answer of the latest extraction; on the same day, a match wins.
with latest as (
    select
        person_id,
        body_code,
        match_status_code
    from {{ ref('stg_retours') }}
    qualify row_number() over (
        partition by person_id, body_code
        order by extraction_date desc, case when match_status_code = 'matched' then 0 else 1 end, match_status_code
    ) = 1
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
    latest.person_id,
    latest.body_code,
    latest.match_status_code,
    latest.match_status_code = 'matched' as is_matched,
    first_match.first_match_month
from latest
left join first_match on first_match.person_id = latest.person_id and first_match.body_code = latest.body_code
