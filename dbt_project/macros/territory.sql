{#- Département of a commune: three characters overseas, two elsewhere. -#}
{% macro department_of(commune) -%}
    case when {{ commune }} like '97%' then left({{ commune }}, 3) else left({{ commune }}, 2) end
{%- endmacro %}

{#- Share of a part in a whole; null when the whole is empty. -#}
{% macro share_of(part, whole) -%} cast({{ part }} as double) / nullif({{ whole }}, 0) {%- endmacro %}
