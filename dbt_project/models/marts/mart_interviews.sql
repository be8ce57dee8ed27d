-- Interview codes are those of their territory: one row of the source is one theme of one interview.
select
    case when grouping(territory_code) = 1 then 'FR' else territory_code end as territory_code,
    theme_code,
    profile_code,
    count(*) as interview_count,
    cast(sum(occurrence_count) as bigint) as occurrence_count
from {{ ref('stg_entretiens') }}
group by grouping sets ((territory_code, theme_code, profile_code), (theme_code, profile_code))
