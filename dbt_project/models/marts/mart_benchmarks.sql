-- Published national rates, with what makes them comparable or not. Persons met are no sample of those entitled: a rate
-- stands beside what the platform measures, and no column here or elsewhere subtracts one from the other. A benefit
-- without a published rate is a row.
select
    benefits.benefit_code,
    benchmarks.benchmark_code,
    benchmarks.benchmark_code is not null as is_published,
    benchmarks.value_share as benchmark_share,
    benchmarks.reference_year,
    benchmarks.publication_year,
    benchmarks.unit_label,
    benchmarks.field_label,
    coalesce(benchmarks.method_label, 'Aucun taux national publié') as method_label,
    benchmarks.certainty_code,
    benchmarks.source_label
from {{ ref('stg_benefits') }} as benefits
left join {{ ref('stg_national_benchmarks') }} as benchmarks on benchmarks.benefit_code = benefits.benefit_code
