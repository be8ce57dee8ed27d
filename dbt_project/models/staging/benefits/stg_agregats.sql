with latest as (
    {{ latest_delivery('agregats', ['area_type_code', 'area_code', 'month', 'benefit_code']) }}
)

select
    sender_code as body_code,
    area_type_code,
    area_code,
    month,
    benefit_code,
    household_count,
    is_masked_at_source,
    is_comparison_area
from latest
