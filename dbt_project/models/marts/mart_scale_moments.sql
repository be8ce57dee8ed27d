-- E6: means and covariances of the items of a dimension, reversed items turned round, among those who answered all of
-- them at both waves named (at one wave when they are the same): reliability and comparability are computed from these.
with item as (
    select
        answers.territory_code,
        answers.person_id,
        answers.instrument_code,
        answers.instrument_version,
        items.dimension_code,
        answers.wave_code,
        answers.item_code,
        items.dimension_item_count,
        case when items.is_reversed then items.minimum + items.maximum - answers.answer_value
            else answers.answer_value end as item_value
    from {{ ref('stg_reponses') }} as answers
    join {{ ref('stg_instruments') }} as items
        on items.instrument_code = answers.instrument_code
        and items.instrument_version = answers.instrument_version and items.item_code = answers.item_code
    where answers.answer_value is not null
),

complete as (
    select territory_code, person_id, instrument_code, instrument_version, dimension_code, wave_code
    from item
    group by territory_code, person_id, instrument_code, instrument_version, dimension_code, wave_code
    having count(*) = max(dimension_item_count)
),

span as (
    select first_wave.*, last_wave.wave_code as last_wave_code
    from complete as first_wave
    join complete as last_wave
        on last_wave.territory_code = first_wave.territory_code and last_wave.person_id = first_wave.person_id
        and last_wave.instrument_code = first_wave.instrument_code
        and last_wave.instrument_version = first_wave.instrument_version
        and last_wave.dimension_code = first_wave.dimension_code and last_wave.wave_code >= first_wave.wave_code
),

used as (
    select
        span.territory_code,
        span.person_id,
        span.instrument_code,
        span.instrument_version,
        span.dimension_code,
        span.wave_code as first_wave_code,
        span.last_wave_code,
        item.wave_code,
        item.item_code,
        item.item_value
    from span
    join item
        on item.territory_code = span.territory_code and item.person_id = span.person_id
        and item.instrument_code = span.instrument_code and item.instrument_version = span.instrument_version
        and item.dimension_code = span.dimension_code and item.wave_code in (span.wave_code, span.last_wave_code)
),

summed as (
    select
        one.instrument_code,
        one.instrument_version,
        one.dimension_code,
        one.first_wave_code,
        one.last_wave_code,
        one.wave_code,
        one.item_code,
        other.wave_code as other_wave_code,
        other.item_code as other_item_code,
        count(*) as respondent_count,
        cast(sum(one.item_value) as double) as own_sum,
        cast(sum(other.item_value) as double) as other_sum,
        cast(sum(one.item_value * other.item_value) as double) as product_sum
    from used as one
    join used as other
        on other.territory_code = one.territory_code and other.person_id = one.person_id
        and other.instrument_code = one.instrument_code and other.instrument_version = one.instrument_version
        and other.dimension_code = one.dimension_code and other.first_wave_code = one.first_wave_code
        and other.last_wave_code = one.last_wave_code
    group by one.instrument_code, one.instrument_version, one.dimension_code, one.first_wave_code, one.last_wave_code,
        one.wave_code, one.item_code, other.wave_code, other.item_code
)

select
    instrument_code,
    instrument_version,
    dimension_code,
    first_wave_code,
    last_wave_code,
    wave_code,
    item_code,
    other_wave_code,
    other_item_code,
    respondent_count,
    own_sum / respondent_count as item_mean,
    (product_sum - own_sum * other_sum / respondent_count) / nullif(respondent_count - 1, 0) as item_covariance
from summed
