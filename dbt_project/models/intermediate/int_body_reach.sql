-- Which months a body knows of a person it first matched in a given month: from the earliest month reported by an
-- extraction of that month or a later one, to the last month of its latest extraction.
with latest as (
    select
        body_code,
        max(extraction_month) as vintage_month,
        max(last_known_month) as last_known_month
    from {{ ref('int_feed_extraction') }}
    group by body_code
)

select
    starts.body_code,
    starts.first_match_month,
    min(extractions.first_known_month) as first_known_month,
    max(latest.last_known_month) as last_known_month,
    max(latest.vintage_month) as vintage_month
from (
    select distinct body_code, first_match_month from {{ ref('int_person_match') }} where first_match_month is not null
) as starts
join {{ ref('int_feed_extraction') }} as extractions
    on extractions.body_code = starts.body_code and extractions.extraction_month >= starts.first_match_month
join latest on latest.body_code = starts.body_code
group by starts.body_code, starts.first_match_month
