{#-
The state of a month in one vintage as one sortable number: order of the vintage, then place in the household's file, open
or not, cents paid. The largest number of a group is its latest state. Over 20 million rows this halves time and memory
against keeping four values of the latest row, and nothing spills to disk. Bits, from the left: 14 days since 2000, 17 rank
of the delivery, 2 place, 1 open, 27 cents (up to 1.3 million euros; all of them: the amount is not known).
-#}
{% macro vintage_state(extraction_date, delivery_rank, household_role, is_open, paid_eur) -%}
    (({{ vintage_order(extraction_date, delivery_rank) }} * 4 + coalesce({{ rank_of(household_role, household_roles()) }}, 0)) * 2
        + case when {{ is_open }} then 1 else 0 end) * 134217728
        + case when {{ paid_eur }} is null then 134217727
            else cast(least(round({{ paid_eur }} * 100), 134217726) as bigint) end
{%- endmacro %}

{% macro vintage_order(extraction_date, delivery_rank) -%}
    (cast({{ days_from("date '2000-01-01'", extraction_date) }} as bigint) * 131072 + {{ delivery_rank }})
{%- endmacro %}

{% macro household_roles() -%} {{ return(['allocataire', 'conjoint', 'autre']) }} {%- endmacro %}

{% macro household_role_in(state) -%}
    {{ code_at('mod(' ~ quotient(state, 268435456) ~ ', 4)', household_roles()) }}
{%- endmacro %}

{% macro is_open_in(state) -%} mod({{ quotient(state, 134217728) }}, 2) = 1 {%- endmacro %}

{% macro paid_eur_in(state) -%} cast(nullif(mod({{ state }}, 134217728), 134217727) as double) / 100 {%- endmacro %}

{#- Amounts of an extraction that is not in euros are not known, but nothing is nothing in any unit. -#}
{% macro known_paid_eur(paid_eur, is_out_of_scale) -%}
    case when not ({{ is_out_of_scale }}) or coalesce({{ paid_eur }}, 0) = 0 then coalesce({{ paid_eur }}, 0) end
{%- endmacro %}

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
