select
    body_code,
    cast(delay_month_count as bigint) as delay_month_count,
    certainty as rule_certainty_label
from {{ source('reference', 'delay_rules') }}
