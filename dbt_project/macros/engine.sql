{#- What is written differently from one SQL engine to another. Models use these names, never the engine's own. -#}

{#- Value of the row with the highest order, even when that value is null (plain max_by skips nulls in DuckDB). -#}
{% macro value_at_last(value, order) -%} arg_max_null({{ value }}, {{ order }}) {%- endmacro %}
{% macro value_at_first(value, order) -%} arg_min_null({{ value }}, {{ order }}) {%- endmacro %}

{#- One row per element of a text list. -#}
{% macro each_part(text, separator) -%} unnest(string_split({{ text }}, '{{ separator }}')) {%- endmacro %}

{#- The columns of a row as one JSON text, and the text of one of them. -#}
{% macro row_as_json(relation) -%} cast(to_json({{ relation }}) as varchar) {%- endmacro %}
{% macro json_text(json, key) -%} json_extract_string({{ json }}, {{ key }}) {%- endmacro %}

{#- The whole numbers from the first to the last, as a table of one column. -#}
{% macro numbers(first, last) -%} range({{ first }}, {{ last }} + 1) {%- endmacro %}
