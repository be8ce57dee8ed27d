-- E5: runs that follow each other are one spell until as many months as the rule says pass between them. Every rule
-- of `spell_rules` in one pass over the runs.
with rule as (
    select distinct gap_months, basis_code from {{ ref('stg_spell_rules') }}
),

spaced as (
    select
        *,
        {{ months_from('lag(last_month) over (partition by basis_code, person_id, benefit_code order by first_month)',
            'first_month') }} - 1 as hole_months
    from {{ ref('int_spell_run') }}
),

numbered as (
    select
        rule.gap_months,
        spaced.*,
        sum(case when spaced.hole_months < rule.gap_months then 0 else 1 end) over (
            partition by rule.gap_months, spaced.basis_code, spaced.person_id, spaced.benefit_code
            order by spaced.first_month
            rows between unbounded preceding and current row
        ) as spell_number
    from spaced
    join rule on rule.basis_code = spaced.basis_code
)

select
    basis_code,
    gap_months,
    person_id,
    benefit_code,
    min(first_month) as first_month,
    max(last_month) as last_month,
    cast(sum(month_count) as bigint) as open_month_count
from numbered
group by basis_code, gap_months, person_id, benefit_code, spell_number
