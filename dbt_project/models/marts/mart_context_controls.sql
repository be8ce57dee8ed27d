-- A control whose table was not received has no ingested value: unknown, not a gap.
with condition as (
    select control_id, {{ each_part('filters', '|') }} as filter_text
    from {{ ref('stg_control_totals') }}
    where filters <> ''
),

kept as (
    select controls.control_id, controls.measure, context_values.value
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

found as (
    select
        control_id,
        case
            when max(measure) = 'value' then case when count(*) = 1 then max(value) end
            when max(measure) = 'count' then count(*)
            else sum(value)
        end as ingested_value
    from kept
    group by control_id
)

select
    controls.control_id,
    controls.published_value,
    found.ingested_value,
    (found.ingested_value - controls.published_value) / nullif(controls.published_value, 0) as gap_share,
    -- half a unit of the sixth decimal for sums of decimals
    abs(found.ingested_value - controls.published_value) <= controls.tolerance + 0.000001 as is_within_tolerance
from {{ ref('stg_control_totals') }} as controls
left join found on found.control_id = controls.control_id
