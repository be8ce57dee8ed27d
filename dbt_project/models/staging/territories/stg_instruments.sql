select
    instrument_code,
    instrument_version,
    item_code,
    dimension_code,
    cast(minimum as double) as minimum,
    cast(maximum as double) as maximum,
    is_reversed = 'true' as is_reversed,
    count(*) over (partition by instrument_code, instrument_version, dimension_code) as dimension_item_count
from {{ source('reference', 'instruments') }}
