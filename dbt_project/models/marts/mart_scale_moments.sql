-- E6: means and covariances of the items of a dimension, reversed items turned round, among those who answered all of
-- them at both waves named (at one wave when they are the same): reliability and comparability are computed from these.
with numbered as (
    select
        *,
        row_number() over (order by instrument_code, instrument_version, item_code) as item_number,
        dense_rank() over (order by instrument_code, instrument_version, dimension_code) as dimension_number
    from {{ ref('stg_instruments') }}
),

item as (
    select
        answers.territory_code,
        answers.person_id,
        numbered.dimension_number,
        numbered.item_number,
        numbered.dimension_item_count,
        answers.wave_code,
        case when numbered.is_reversed then numbered.minimum + numbered.maximum - answers.answer_value
            else answers.answer_value end as item_value
    from {{ ref('stg_reponses') }} as answers
    join numbered
        on numbered.instrument_code = answers.instrument_code
        and numbered.instrument_version = answers.instrument_version and numbered.item_code = answers.item_code
    where answers.answer_value is not null
),

complete as (
    select territory_code, person_id, dimension_number, wave_code
    from item
    group by territory_code, person_id, dimension_number, wave_code
    having count(*) = max(dimension_item_count)
),

-- the answers of a complete wave, once for each pair of complete waves it belongs to
used as (
    select
        item.territory_code,
        item.person_id,
        item.dimension_number,
        first_wave.wave_code as first_wave_code,
        last_wave.wave_code as last_wave_code,
        item.wave_code,
        item.item_number,
        item.item_value
    from complete as first_wave
    join complete as last_wave
        on last_wave.person_id = first_wave.person_id and last_wave.territory_code = first_wave.territory_code
        and last_wave.dimension_number = first_wave.dimension_number and last_wave.wave_code >= first_wave.wave_code
    join item
        on item.person_id = first_wave.person_id and item.territory_code = first_wave.territory_code
        and item.dimension_number = first_wave.dimension_number
        and item.wave_code in (first_wave.wave_code, last_wave.wave_code)
),

summed as (
    select
        one.first_wave_code,
        one.last_wave_code,
        one.wave_code,
        one.item_number,
        other.wave_code as other_wave_code,
        other.item_number as other_item_number,
        count(*) as respondent_count,
        {{ total('one.item_value') }} as own_sum,
        {{ total('other.item_value') }} as other_sum,
        {{ total('one.item_value * other.item_value') }} as product_sum
    from used as one
    join used as other
        on other.person_id = one.person_id and other.territory_code = one.territory_code
        and other.dimension_number = one.dimension_number and other.first_wave_code = one.first_wave_code
        and other.last_wave_code = one.last_wave_code
    group by one.first_wave_code, one.last_wave_code, one.wave_code, one.item_number, other.wave_code, other.item_number
)

select
    own.instrument_code,
    own.instrument_version,
    own.dimension_code,
    summed.first_wave_code,
    summed.last_wave_code,
    summed.wave_code,
    own.item_code,
    summed.other_wave_code,
    other.item_code as other_item_code,
    summed.respondent_count,
    summed.own_sum / summed.respondent_count as item_mean,
    (summed.product_sum - summed.own_sum * summed.other_sum / summed.respondent_count)
        / nullif(summed.respondent_count - 1, 0) as item_covariance
from summed
join numbered as own on own.item_number = summed.item_number
join numbered as other on other.item_number = summed.other_item_number
