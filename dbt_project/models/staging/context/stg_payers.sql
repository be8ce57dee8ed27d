select
    payer_code,
    payer_label,
    perspective_code
from {{ source('reference', 'payers') }}
