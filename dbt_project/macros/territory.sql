{#- Département of a commune: three characters overseas, two elsewhere. -#}
{% macro department_of(commune) -%}
    case when {{ commune }} like '97%' then left({{ commune }}, 3) else left({{ commune }}, 2) end
{%- endmacro %}
