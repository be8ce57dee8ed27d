{#- Share of a part in a whole; null when the whole is empty. -#}
{% macro share_of(part, whole) -%} cast({{ part }} as double) / nullif({{ whole }}, 0) {%- endmacro %}
