-- Months in a row, without any hole: open ones of everybody, paid ones of those whose entitlement opened after the
-- contact (the variant of rule « verse »; a benefit that never pays is followed by its open months there too).
with opened as (
    select distinct person_id, benefit_code from {{ ref('int_person_outcome') }} where is_opened
),

-- numbers are cheaper to sort by than codes
month as (
    select
        months.person_id,
        months.benefit_code,
        benefits.benefit_number,
        months.entitlement_month,
        months.paid_eur > 0 or not benefits.is_paid as is_paid
    from {{ ref('int_benefit_month_latest') }} as months
    join {{ ref('stg_benefits') }} as benefits on benefits.benefit_code = months.benefit_code
    where months.is_open
),

followed_month as (
    select 'ouvert' as basis_code, person_id, benefit_number, entitlement_month from month
    union all
    select 'verse', month.person_id, month.benefit_number, month.entitlement_month
    from month
    join opened on opened.person_id = month.person_id and opened.benefit_code = month.benefit_code
    where month.is_paid
),

-- months in a row are as far from their rank: the difference numbers the runs
ranked as (
    select
        *,
        {{ months_from("date '2000-01-01'", 'entitlement_month') }} - row_number() over (
            partition by person_id, benefit_number, basis_code order by entitlement_month
        ) as run_number
    from followed_month
),

run as (
    select
        basis_code,
        person_id,
        benefit_number,
        min(entitlement_month) as first_month,
        max(entitlement_month) as last_month,
        count(*) as month_count
    from ranked
    group by person_id, benefit_number, run_number, basis_code
)

select
    run.basis_code,
    run.person_id,
    benefits.benefit_code,
    run.first_month,
    run.last_month,
    run.month_count
from run
join {{ ref('stg_benefits') }} as benefits on benefits.benefit_number = run.benefit_number
