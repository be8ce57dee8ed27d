{#- Total of amounts in euros, to the cent: a sum of floating numbers would depend on the order in which rows come. -#}
{% macro total_eur(amount) -%} cast(sum(cast({{ amount }} as decimal(18, 2))) as double) {%- endmacro %}
