-- E5: a maximal run of open months; a hole of one month is bridged, two months not open end the spell.
with open_month as (
    select
        person_id,
        benefit_code,
        entitlement_month,
        lag(entitlement_month) over (
            partition by person_id, benefit_code order by entitlement_month
        ) as previous_month
    from {{ ref('int_benefit_month_latest') }}
    where is_open
),

numbered as (
    select
        person_id,
        benefit_code,
        entitlement_month,
        sum(case when {{ months_from('previous_month', 'entitlement_month') }} <= 2 then 0 else 1 end) over (
            partition by person_id, benefit_code order by entitlement_month
            rows between unbounded preceding and current row
        ) as spell_number
    from open_month
)

select
    person_id,
    benefit_code,
    min(entitlement_month) as first_month,
    max(entitlement_month) as last_month,
    count(*) as open_month_count
from numbered
group by person_id, benefit_code, spell_number
