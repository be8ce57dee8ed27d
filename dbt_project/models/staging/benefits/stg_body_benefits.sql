select distinct
    body_code,
    benefit_code
from {{ source('reference', 'body_benefits') }}
