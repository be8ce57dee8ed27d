select
    territory_code,
    benefit_code,
    coalesce(channel_code, 'tous') as channel_code,
    count(*) as discussed_count,
    count(case when is_requested then 1 end) as requested_count,
    count(case when is_opened then 1 end) as opened_count,
    count(case when is_paid then 1 end) as paid_count,
    count(case when is_unknown then 1 end) as unknown_count,
    cast(median(opening_delay_days) as double) as median_opening_delay_days
from {{ ref('int_person_outcome') }}
group by grouping sets ((territory_code, benefit_code, channel_code), (territory_code, benefit_code))
