-- What each extraction of a body covers, whoever it is about.
select
    body_code,
    {{ month_of('extraction_date') }} as extraction_month,
    min(entitlement_month) as first_known_month,
    max(entitlement_month) as last_known_month
from {{ ref('stg_droits_mensuels') }}
group by body_code, extraction_date
