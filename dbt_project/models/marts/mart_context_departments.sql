-- The latest public figures of each département. The CAF file holds some communes only: its coverage is beside it.
with minima as (
    select
        department_code,
        max(year) as drees_year,
        {{ total("case when minimum_code = 'rsa' then recipient_count end") }} as drees_rsa_recipient_count,
        {{ total("case when minimum_code = 'aah' then recipient_count end") }} as drees_aah_recipient_count,
        {{ total("case when minimum_code = 'aspa_asv' then recipient_count end") }} as drees_aspa_recipient_count,
        {{ total("case when minimum_code = 'ass' then recipient_count end") }} as drees_ass_recipient_count
    from {{ ref('stg_minima_departements') }}
    where year = (select max(year) from {{ ref('stg_minima_departements') }})
    group by department_code
),

caf as (
    select
        {{ department_of('commune_code') }} as department_code,
        max(year) as caf_year,
        count(*) as caf_commune_count,
        sum(rsa_household_count) as caf_rsa_household_count,
        sum(ppa_household_count) as caf_ppa_household_count
    from {{ ref('stg_caf_communes') }}
    where year = (select max(year) from {{ ref('stg_caf_communes') }})
    group by {{ department_of('commune_code') }}
),

services as (
    select department_code, count(*) as france_services_place_count
    from {{ ref('stg_france_services') }}
    group by department_code
),

registered as (
    select
        {{ department_of('commune_code') }} as department_code,
        max(year) as registered_year,
        sum(registered_count) as registered_count
    from {{ ref('stg_inscrits_france_travail') }}
    where year = (select max(year) from {{ ref('stg_inscrits_france_travail') }})
    group by {{ department_of('commune_code') }}
)

select
    departments.department_code,
    departments.department_label,
    departments.region_code,
    cast(minima.drees_year as integer) as drees_year,
    minima.drees_rsa_recipient_count,
    minima.drees_aah_recipient_count,
    minima.drees_aspa_recipient_count,
    minima.drees_ass_recipient_count,
    cast(caf.caf_year as integer) as caf_year,
    caf.caf_commune_count,
    cast(caf.caf_rsa_household_count as bigint) as caf_rsa_household_count,
    cast(caf.caf_ppa_household_count as bigint) as caf_ppa_household_count,
    services.france_services_place_count,
    cast(registered.registered_year as integer) as registered_year,
    cast(registered.registered_count as bigint) as registered_count
from {{ ref('stg_departements') }} as departments
left join minima on minima.department_code = departments.department_code
left join caf on caf.department_code = departments.department_code
left join services on services.department_code = departments.department_code
left join registered on registered.department_code = departments.department_code
