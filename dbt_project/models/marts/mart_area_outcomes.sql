-- Households by area, body, benefit and month, as bodies send them: what the effect on a territory is read from.
-- A masked cell has no number, and is no zero.
select
    body_code,
    area_type_code,
    area_code,
    benefit_code,
    month as entitlement_month,
    case when not is_masked_at_source then household_count end as household_count,
    is_masked_at_source,
    is_comparison_area
from {{ ref('stg_agregats') }}
