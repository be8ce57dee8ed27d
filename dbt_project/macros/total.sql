{#-
Totals, means and deviations that do not depend on the order in which rows come, as a sum of floating numbers does:
euros are added to the cent, any other quantity to the millionth. A test finds the sum of the project that is not exact.
-#}
{% macro total_eur(amount) -%} {{ total(amount, 'decimal(18, 2)') }} {%- endmacro %}
{% macro total(quantity, exact='decimal(38, 6)') -%}
    cast(sum(cast({{ quantity }} as {{ exact }})) as double)
{%- endmacro %}

{% macro mean_of(quantity) -%} {{ total(quantity, 'decimal(38, 12)') }} / nullif(count({{ quantity }}), 0) {%- endmacro %}

{#- Of the sample: n - 1 degrees of freedom, null under two values. -#}
{% macro deviation_of(quantity) -%}
    {%- set millionths %}cast(round({{ quantity }} * 1000000) as decimal(38, 0)){% endset -%}
    sqrt(cast(count({{ quantity }}) * sum({{ millionths }} * {{ millionths }}) - sum({{ millionths }}) * sum({{ millionths }})
        as double) / (count({{ quantity }}) * nullif(count({{ quantity }}) - 1, 0) * 1e12))
{%- endmacro %}
