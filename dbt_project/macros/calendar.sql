{#- Months are dates of their first day. The only date arithmetic of the project is here. -#}

{% macro month_of(date) -%} cast(date_trunc('month', {{ date }}) as date) {%- endmacro %}

{% macro add_months(date, number) -%} cast({{ date }} + interval ({{ number }}) month as date) {%- endmacro %}

{#- Whole months from one month to another: 0 within the same month. -#}
{% macro months_from(first, last) -%} datediff('month', {{ first }}, {{ last }}) {%- endmacro %}
