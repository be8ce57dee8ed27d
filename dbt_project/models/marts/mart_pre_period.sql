-- Of the persons first met in a month, those of whom the state of a benefit is known so many months before ('tous': of
-- one benefit at least). No event study of a cohort of whom less than four in five have six months known.
{% set benefits = fed_benefits() %}

with before as (
    select
        *,
        {{ add_months('entitlement_month', '-months_from_contact') }} as cohort_month,
        {% for benefit in benefits %}{{ 'or ' if not loop.first }}is_known_{{ benefit | lower }} {% endfor %} as is_known_tous
    from {{ ref('int_person_month') }}
    where months_from_contact < 0
),

six_months as (
    select
        person_id,
        cohort_month
        {%- for benefit in benefits + ['tous'] %},
        bool_and(is_known_{{ benefit | lower }}) as {{ benefit | lower }}
        {%- endfor %}
    from before
    where months_from_contact >= -6
    group by person_id, cohort_month
),

cohort as (
    select
        cohort_month
        {%- for benefit in benefits + ['tous'] %},
        count(case when {{ benefit | lower }} then 1 end) as {{ benefit | lower }}
        {%- endfor %}
    from six_months
    group by cohort_month
),

counted as (
    select
        cohort_month,
        -months_from_contact as months_before,
        count(*) as person_count
        {%- for benefit in benefits + ['tous'] %},
        count(case when is_known_{{ benefit | lower }} then 1 end) as {{ benefit | lower }}
        {%- endfor %}
    from before
    group by cohort_month, months_from_contact
),

by_benefit as (
    {% for benefit in benefits + ['tous'] %}
    select
        '{{ benefit }}' as benefit_code,
        counted.cohort_month,
        counted.months_before,
        counted.person_count,
        counted.{{ benefit | lower }} as known_count,
        cohort.{{ benefit | lower }} as pre_period_person_count
    from counted
    join cohort on cohort.cohort_month = counted.cohort_month
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    benefit_code,
    cohort_month,
    cast(months_before as integer) as months_before,
    person_count,
    known_count,
    {{ share_of('known_count', 'person_count') }} as known_share,
    pre_period_person_count,
    {{ share_of('pre_period_person_count', 'person_count') }} as pre_period_share,
    pre_period_person_count >= 0.8 * person_count as is_event_study_allowed
from by_benefit
