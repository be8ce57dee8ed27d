{#-
What is written differently from one SQL engine to another: models use these names, never the engine's own. Each is
dispatched: a second engine brings its own `<engine>__<name>` and changes no model. A name without a standard form has
no default: dbt says which one is missing.
-#}

{#- Value of the row with the highest order, even when that value is null (plain max_by skips nulls in DuckDB). -#}
{% macro value_at_last(value, order) -%} {{ adapter.dispatch('value_at_last', 'tznr')(value, order) }} {%- endmacro %}
{% macro duckdb__value_at_last(value, order) -%} arg_max_null({{ value }}, {{ order }}) {%- endmacro %}

{% macro value_at_first(value, order) -%} {{ adapter.dispatch('value_at_first', 'tznr')(value, order) }} {%- endmacro %}
{% macro duckdb__value_at_first(value, order) -%} arg_min_null({{ value }}, {{ order }}) {%- endmacro %}

{#- One row per element of a text list. -#}
{% macro each_part(text, separator) -%} {{ adapter.dispatch('each_part', 'tznr')(text, separator) }} {%- endmacro %}
{% macro duckdb__each_part(text, separator) -%} unnest(string_split({{ text }}, '{{ separator }}')) {%- endmacro %}

{#- The columns of a row as one JSON text, and the text of one of them. -#}
{% macro row_as_json(relation) -%} {{ adapter.dispatch('row_as_json', 'tznr')(relation) }} {%- endmacro %}
{% macro duckdb__row_as_json(relation) -%} cast(to_json({{ relation }}) as varchar) {%- endmacro %}

{% macro json_text(json, key) -%} {{ adapter.dispatch('json_text', 'tznr')(json, key) }} {%- endmacro %}
{% macro duckdb__json_text(json, key) -%} json_extract_string({{ json }}, {{ key }}) {%- endmacro %}

{#- The whole numbers from the first to the last, as a table of one column. -#}
{% macro numbers(first, last) -%} {{ adapter.dispatch('numbers', 'tznr')(first, last) }} {%- endmacro %}
{% macro duckdb__numbers(first, last) -%} range({{ first }}, {{ last }} + 1) {%- endmacro %}

{#- How many times a whole number goes into another. -#}
{% macro quotient(number, divisor) -%} {{ adapter.dispatch('quotient', 'tznr')(number, divisor) }} {%- endmacro %}
{% macro default__quotient(number, divisor) -%} div({{ number }}, {{ divisor }}) {%- endmacro %}
{% macro duckdb__quotient(number, divisor) -%} ({{ number }}) // {{ divisor }} {%- endmacro %}

{% macro median_of(value) -%} {{ adapter.dispatch('median_of', 'tznr')(value) }} {%- endmacro %}
{% macro default__median_of(value) -%}
    cast(percentile_cont(0.5) within group (order by {{ value }}) as double)
{%- endmacro %}
{% macro duckdb__median_of(value) -%} cast(median({{ value }}) as double) {%- endmacro %}
