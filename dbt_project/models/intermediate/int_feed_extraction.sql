-- What the extractions of a month by a body cover, whoever they are about.
select
    body_code,
    {{ month_of('extraction_date') }} as extraction_month,
    max(extraction_date) as last_extraction_date,
    min(entitlement_month) as first_known_month,
    max(entitlement_month) as last_known_month
from {{ ref('int_vintage_row') }}
where not is_history_too_long
group by body_code, {{ month_of('extraction_date') }}
