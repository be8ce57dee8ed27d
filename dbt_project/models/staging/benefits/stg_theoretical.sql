-- One row a description of a household and benefit, computed before the build (tznr_platform/entitlements).
select
    department_code,
    first_contact_month,
    age_band_code,
    family_code,
    child_count,
    housing_code,
    activity_code,
    benefit_code,
    entitlement_code,
    low_eur,
    high_eur
from {{ source('entitlements', 'theoretical') }}
