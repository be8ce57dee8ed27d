{#- Totals that do not depend on the order in which rows come, as a sum of floating numbers does: euros to the cent. -#}
{% macro total_eur(amount) -%} {{ total(amount, 2) }} {%- endmacro %}
{% macro total(quantity, digits=6) -%}
    cast(sum(cast({{ quantity }} as decimal(18, {{ digits }}))) as double)
{%- endmacro %}
