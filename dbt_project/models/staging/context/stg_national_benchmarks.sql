select
    benchmark_code,
    benefit_code,
    cast(value_share as double) as value_share,
    cast(nullif(reference_year, '') as integer) as reference_year,
    cast(nullif(publication_year, '') as integer) as publication_year,
    unit_label,
    field_label,
    method_label,
    certainty as certainty_code,
    source as source_label
from {{ source('reference', 'national_benchmarks') }}
