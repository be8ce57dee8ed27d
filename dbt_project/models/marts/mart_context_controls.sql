-- A table that was not received leaves its controls unknown; rows missing from a table that was received are a gap.
with condition as (
    select control_id, {{ each_part('filters', '|') }} as filter_text
    from {{ ref('stg_control_totals') }}
    where filters <> ''
),

kept as (
    select controls.control_id, context_values.value
    from {{ ref('stg_control_totals') }} as controls
    join {{ ref('int_context_value') }} as context_values
        on context_values.table_name = controls.table_name and context_values.column_name = controls.column_name
    where not exists (
        select 1 from condition
        where condition.control_id = controls.control_id
            and coalesce({{ json_text('context_values.row_values', "'$.' || split_part(condition.filter_text, '=', 1)") }}, '')
                <> split_part(condition.filter_text, '=', 2)
    )
),

received as (
    select distinct table_name from {{ ref('int_context_value') }}
),

found as (
    select
        controls.control_id,
        controls.published_value,
        controls.tolerance,
        received.table_name is not null as is_received,
        case
            when received.table_name is null then null
            when controls.measure = 'count' then count(kept.control_id)
            when controls.measure = 'sum' then coalesce({{ total('kept.value', 'decimal(38, 12)') }}, 0)
            -- one value: exactly one row must answer
            when count(kept.control_id) = 1 then max(kept.value)
        end as ingested_value
    from {{ ref('stg_control_totals') }} as controls
    left join received on received.table_name = controls.table_name
    left join kept on kept.control_id = controls.control_id
    group by
        controls.control_id, controls.published_value, controls.tolerance, controls.measure, received.table_name
)

select
    control_id,
    published_value,
    ingested_value,
    (ingested_value - published_value) / nullif(published_value, 0) as gap_share,
    -- a millionth of a unit for sums of decimals
    case when is_received then coalesce(abs(ingested_value - published_value) <= tolerance + 0.000001, false) end
        as is_within_tolerance
from found
