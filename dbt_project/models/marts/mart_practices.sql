select
    case when grouping(territory_code) = 1 then 'FR' else territory_code end as territory_code,
    wave_code,
    practice_code,
    count(*) as professional_count,
    count(distinct employer_type_code) as employer_count,
    avg(practice_level) as level_mean,
    {{ share_of('count(case when practice_level >= 3 then 1 end)', 'count(*)') }} as weekly_share
from {{ ref('int_practice_level') }}
group by grouping sets ((territory_code, wave_code, practice_code), (wave_code, practice_code))
