select
    benefit_code,
    cast(1 + {{ months_from('opening_month', 'spell_last_month') }} as integer) as duration_months,
    exit_code,
    count(*) as spell_count
from {{ ref('int_opening') }}
where territory_code = 'FR'
group by benefit_code, duration_months, exit_code
