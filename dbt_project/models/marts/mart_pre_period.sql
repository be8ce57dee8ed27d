-- Of the persons first met in a month, those of whom a benefit is known (int_person_known) so many months before;
-- 'tous': of one benefit at least. No event study of a cohort of whom less than four in five have six months known.
with known as (
    select person_id, benefit_code, first_known_month, last_known_month from {{ ref('int_person_known') }}
    union all
    select person_id, 'tous', min(first_known_month), max(last_known_month)
    from {{ ref('int_person_known') }}
    group by person_id
),

met as (
    select person_id, first_contact_month from {{ ref('int_person_contact') }} where territory_code = 'FR'
),

cohort as (
    select
        benefits.benefit_code,
        met.first_contact_month as cohort_month,
        count(*) as person_count
    from met
    cross join (
        select benefit_code from {{ ref('stg_benefits') }} where has_body_feed union all select 'tous'
    ) as benefits
    group by benefits.benefit_code, met.first_contact_month
),

-- persons who share the months known, counted from the contact
span as (
    select
        known.benefit_code,
        met.first_contact_month as cohort_month,
        {{ months_from('known.first_known_month', 'met.first_contact_month') }} as earliest_months_before,
        {{ months_from('known.last_known_month', 'met.first_contact_month') }} as latest_months_before,
        count(*) as person_count
    from met
    join known on known.person_id = met.person_id
    group by known.benefit_code, met.first_contact_month, earliest_months_before, latest_months_before
),

counted as (
    select
        cohort.benefit_code,
        cohort.cohort_month,
        cast(months.months_before as integer) as months_before,
        cohort.person_count,
        cast(coalesce(sum(case when months.months_before between span.latest_months_before
            and span.earliest_months_before then span.person_count end), 0) as bigint) as known_count,
        cast(coalesce(sum(case when span.latest_months_before <= 1 and span.earliest_months_before >= 6
            then span.person_count end), 0) as bigint) as pre_period_person_count
    from cohort
    cross join {{ numbers(1, 36) }} as months (months_before)
    left join span on span.benefit_code = cohort.benefit_code and span.cohort_month = cohort.cohort_month
    group by cohort.benefit_code, cohort.cohort_month, months.months_before, cohort.person_count
)

select
    benefit_code,
    cohort_month,
    months_before,
    person_count,
    known_count,
    {{ share_of('known_count', 'person_count') }} as known_share,
    pre_period_person_count,
    {{ share_of('pre_period_person_count', 'person_count') }} as pre_period_share,
    pre_period_person_count >= 0.8 * person_count as is_event_study_allowed
from counted
