-- E6: mean of the items of a dimension, reversed items turned round, when at least half of them were answered.
with item as (
    select
        answers.territory_code,
        answers.person_id,
        answers.instrument_code,
        answers.instrument_version,
        items.dimension_code,
        answers.wave_code,
        items.minimum,
        items.maximum,
        items.dimension_item_count,
        case when items.is_reversed then items.minimum + items.maximum - answers.answer_value
            else answers.answer_value end as item_value
    from {{ ref('stg_reponses') }} as answers
    join {{ ref('stg_instruments') }} as items
        on items.instrument_code = answers.instrument_code
        and items.instrument_version = answers.instrument_version and items.item_code = answers.item_code
),

score as (
    select
        territory_code,
        person_id,
        instrument_code,
        instrument_version,
        dimension_code,
        wave_code,
        {{ mean_of('item_value') }} as score,
        {{ mean_of('minimum') }} as lowest_score,
        {{ mean_of('maximum') }} as highest_score
    from item
    group by territory_code, person_id, instrument_code, instrument_version, dimension_code, wave_code
    having count(*) * 2 >= max(dimension_item_count)
),

scoped as (
    select * from score
    union all
    -- a person who answered in two territories has one national score, the mean of both
    select
        'FR', person_id, instrument_code, instrument_version, dimension_code, wave_code,
        {{ mean_of('score') }}, {{ mean_of('lowest_score') }}, {{ mean_of('highest_score') }}
    from score
    group by person_id, instrument_code, instrument_version, dimension_code, wave_code
)

select
    *,
    score <= lowest_score as is_floor,
    score >= highest_score as is_ceiling
from scoped
