select
    benefit_code,
    cast(row_number() over (order by benefit_code) as smallint) as benefit_number,
    benefit_label,
    unit_code,
    has_body_feed = 'true' as has_body_feed,
    is_paid = 'true' as is_paid,
    is_legal_minimum = 'true' as is_legal_minimum,
    is_statutory = 'true' as is_statutory
from {{ source('reference', 'benefits') }}
