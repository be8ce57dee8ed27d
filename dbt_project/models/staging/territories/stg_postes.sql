with latest as (
    {{ latest_delivery('postes', ['position_code']) }}
)

select
    sender_code as territory_code,
    position_code,
    position_title_code,
    position_status_code,
    fte_count,
    start_date,
    end_date
from latest
