-- Who pays a benefit in a département in a month: the rule of the département wins over the general one.
with place as (
    select distinct coalesce(department_code, '') as department_code from {{ ref('stg_territories') }}
),

month as (
    select distinct entitlement_month from {{ ref('int_benefit_month_latest') }}
)

select
    rules.benefit_code,
    place.department_code,
    month.entitlement_month,
    {{ value_at_last('rules.payer_code', 'case when rules.department_code is null then 0 else 1 end') }} as payer_code
from {{ ref('stg_payer_rules') }} as rules
join place on rules.department_code is null or rules.department_code = place.department_code
join month on month.entitlement_month >= rules.valid_from and month.entitlement_month < rules.valid_to
group by rules.benefit_code, place.department_code, month.entitlement_month
