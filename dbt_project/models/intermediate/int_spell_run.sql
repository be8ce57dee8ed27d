-- Months in a row, without any hole: open ones of everybody, paid ones of those whose entitlement opened after the
-- contact (the variant of rule « verse »; a benefit that never pays is followed by its open months there too).
with opened as (
    select distinct person_id, benefit_code from {{ ref('int_person_outcome') }} where is_opened
),

followed_month as (
    select
        'ouvert' as basis_code,
        person_id,
        benefit_code,
        entitlement_month
    from {{ ref('int_benefit_month_latest') }}
    where is_open
    union all
    select
        'verse',
        months.person_id,
        months.benefit_code,
        months.entitlement_month
    from {{ ref('int_benefit_month_latest') }} as months
    join opened on opened.person_id = months.person_id and opened.benefit_code = months.benefit_code
    join {{ ref('stg_benefits') }} as benefits on benefits.benefit_code = months.benefit_code
    where months.is_open and (months.paid_eur > 0 or not benefits.is_paid)
),

-- months in a row are as far from their rank: the difference numbers the runs
ranked as (
    select
        *,
        {{ months_from("date '2000-01-01'", 'entitlement_month') }} - row_number() over (
            partition by basis_code, person_id, benefit_code order by entitlement_month
        ) as run_number
    from followed_month
)

select
    basis_code,
    person_id,
    benefit_code,
    min(entitlement_month) as first_month,
    max(entitlement_month) as last_month,
    count(*) as month_count
from ranked
group by basis_code, person_id, benefit_code, run_number
