select
    case when grouping(territory_code) = 1 then 'FR' else territory_code end as territory_code,
    position_title_code,
    position_status_code,
    count(*) as position_count,
    sum(fte_count) as fte_count
from {{ ref('stg_postes') }}
group by grouping sets (
    (territory_code, position_title_code, position_status_code),
    (position_title_code, position_status_code)
)
