{#- Months are dates of their first day. The only date arithmetic of the project is here, dispatched as in engine.sql. -#}

{% macro month_of(date) -%} cast(date_trunc('month', {{ date }}) as date) {%- endmacro %}

{% macro add_months(date, number) -%} {{ adapter.dispatch('add_months', 'tznr')(date, number) }} {%- endmacro %}
{% macro default__add_months(date, number) -%} add_months({{ date }}, {{ number }}) {%- endmacro %}
{% macro duckdb__add_months(date, number) -%} cast({{ date }} + interval ({{ number }}) month as date) {%- endmacro %}

{#- Whole months from one month to another: 0 within the same month. -#}
{% macro months_from(first, last) -%} {{ adapter.dispatch('months_from', 'tznr')(first, last) }} {%- endmacro %}
{% macro default__months_from(first, last) -%}
    (extract(year from {{ last }}) - extract(year from {{ first }})) * 12
        + extract(month from {{ last }}) - extract(month from {{ first }})
{%- endmacro %}
{% macro duckdb__months_from(first, last) -%} datediff('month', {{ first }}, {{ last }}) {%- endmacro %}

{% macro days_from(first, last) -%} {{ adapter.dispatch('days_from', 'tznr')(first, last) }} {%- endmacro %}
{% macro default__days_from(first, last) -%} datediff({{ last }}, {{ first }}) {%- endmacro %}
{% macro duckdb__days_from(first, last) -%} datediff('day', {{ first }}, {{ last }}) {%- endmacro %}
