{#-
The state of a month in one vintage as one sortable number: order of the vintage, then open or not, then cents paid.
The largest number of a group is its latest state. Over 20 million rows this halves time and memory against keeping
three values of the latest row, and nothing spills to disk. Bits, from the left: 14 days since 2000, 17 rank of the
delivery, 1 open, 27 cents (up to 1.3 million euros).
-#}
{% macro vintage_state(extraction_date, delivery_rank, is_open, paid_eur) -%}
    ({{ vintage_order(extraction_date, delivery_rank) }} * 2
        + case when {{ is_open }} then 1 else 0 end) * 134217728
        + least(cast(round(coalesce({{ paid_eur }}, 0) * 100) as bigint), 134217727)
{%- endmacro %}

{% macro vintage_order(extraction_date, delivery_rank) -%}
    (cast({{ days_from("date '2000-01-01'", extraction_date) }} as bigint) * 131072 + {{ delivery_rank }})
{%- endmacro %}

{% macro is_open_in(state) -%} mod({{ quotient(state, 134217728) }}, 2) = 1 {%- endmacro %}

{% macro paid_eur_in(state) -%} cast(mod({{ state }}, 134217728) as double) / 100 {%- endmacro %}

{#-
What was known at the date of the variable `vintage_date` (AAAA-MM-JJ); without it, all that was received. Bodies date
each row (extraction); a territory's delivery is known at the end of its period. Every reading of a feed goes through it.
-#}
{% macro known_by(date) -%}
    {%- if var('vintage_date', none) -%} {{ date }} <= cast('{{ var('vintage_date') }}' as date)
    {%- else -%} true
    {%- endif -%}
{%- endmacro %}

{#- The statuses as small numbers, the commonest first: cheaper to compare over millions of rows than their codes. -#}
{% macro status_number(status) -%}
    case {{ status }}
        {%- for code in ['OUVERT_VERSABLE', 'CLOS', 'OUVERT_NON_VERSE', 'SUSPENDU', 'EN_INSTRUCTION', 'DEMANDE_DEPOSEE',
                         'REJETE', 'SANS_SUITE', 'SANS_OBJET'] %}
        when '{{ code }}' then {{ loop.index }}
        {%- endfor %}
        else 10 end
{%- endmacro %}
