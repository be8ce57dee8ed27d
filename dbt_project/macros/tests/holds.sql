{#- Every condition holds on every row; a condition that is unknown (null) is not broken. Returns counts only. -#}
{% test holds(model, conditions) %}
select * from (
    {% for condition in conditions %}
    select {{ loop.index }} as condition_number, count(*) as broken_count from {{ model }} where not ({{ condition }})
    {{ 'union all' if not loop.last }}
    {% endfor %}
) as broken
where broken_count > 0
{% endtest %}
