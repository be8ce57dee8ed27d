select
    rule_code,
    cast(gap_months as integer) as gap_months,
    basis_code,
    has_delay = 'true' as has_delay,
    is_primary = 'true' as is_primary
from {{ source('reference', 'spell_rules') }}
