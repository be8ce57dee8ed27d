with latest as (
    {{ latest_delivery('caf_communes', ['commune_code', 'year']) }}
)

select
    commune_code,
    year,
    household_count,
    person_count,
    rsa_household_count,
    ppa_household_count,
    housing_household_count,
    family_allowance_household_count,
    child_care_household_count,
    is_district_sum,
    median_living_standard_eur,
    poverty_rate_percent,
    commune_label,
    population_count
from latest
