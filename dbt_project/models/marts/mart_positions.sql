-- Posts by closed lists of titles and statuses (`autre` is one of them). A post with an end date is over.
select
    case when grouping(territory_code) = 1 then 'FR' else territory_code end as territory_code,
    position_title_code,
    position_status_code,
    count(*) as position_count,
    {{ total('fte_count') }} as fte_count,
    count(case when end_date is null then 1 end) as active_position_count,
    coalesce({{ total('case when end_date is null then fte_count end') }}, 0) as active_fte_count
from {{ ref('stg_postes') }}
group by grouping sets (
    (territory_code, position_title_code, position_status_code),
    (position_title_code, position_status_code)
)
