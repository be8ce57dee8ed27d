-- The index of the indicators: it repeats what the other marts count and computes nothing but the ratio. Each has its
-- numerator, its denominator, what is unknown and its coverage line; a territory without figures is a row that says why.
-- No amount of money is here: the three ledgers stay apart. Which mart counts what: macros/indicators.sql.
with figure as (
    {% for code, mart, rows, dimension, period, numerator, denominator, unknown in indicator_counts() %}
    select
        '{{ code }}' as indicator_code,
        territory_code,
        {{ dimension }} as dimension_code,
        {{ period }} as period_code,
        cast({{ numerator }} as double) as numerator,
        cast({{ denominator }} as bigint) as denominator,
        cast({{ unknown }} as bigint) as unknown_count
    from {{ ref(mart) }}
    where {{ rows }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

received as (
    select distinct sender_code as territory_code, table_name
    from {{ ref('stg_deliveries') }}
    where sender_kind = 'territory' and is_received and is_current
),

-- every cell that exists somewhere, in every territory
place as (
    select
        cells.*,
        indicators.indicator_label,
        indicators.axis_code,
        indicators.unit_code,
        indicators.has_denominator,
        indicators.reading_label,
        coverage.territory_code,
        coverage.territory_total,
        coverage.person_count,
        coverage.match_share,
        case when coverage.territory_code <> 'FR' then case when received.table_name is null then 0 else 1 end
            else count(received.table_name) over (
                partition by cells.indicator_code, cells.dimension_code, cells.period_code) end as territories_in_count
    from (select distinct indicator_code, dimension_code, period_code from figure) as cells
    join {{ ref('stg_indicators') }} as indicators on indicators.indicator_code = cells.indicator_code
    cross join {{ ref('mart_coverage') }} as coverage
    left join received
        on received.territory_code = coverage.territory_code and received.table_name = indicators.table_name
)

select
    place.indicator_code,
    place.indicator_label,
    place.axis_code,
    place.territory_code,
    place.dimension_code,
    place.period_code,
    place.unit_code,
    case when territories_in_count > 0 then coalesce(figure.numerator, 0) end as numerator,
    case when territories_in_count > 0 and has_denominator then coalesce(figure.denominator, 0) end as denominator,
    case when territories_in_count > 0 then figure.unknown_count end as unknown_count,
    case when territories_in_count = 0 then null when not has_denominator then coalesce(figure.numerator, 0)
        else {{ share_of('figure.numerator', 'figure.denominator') }} end as value,
    case when territories_in_count = 0 then 'non_recu'
        when has_denominator and coalesce(figure.denominator, 0) = 0 then 'sans_cas' else 'mesure' end as status_code,
    place.territories_in_count,
    place.territory_total,
    place.person_count,
    place.match_share,
    place.reading_label
from place
left join figure
    on figure.indicator_code = place.indicator_code and figure.territory_code = place.territory_code
    and figure.dimension_code = place.dimension_code and figure.period_code = place.period_code
