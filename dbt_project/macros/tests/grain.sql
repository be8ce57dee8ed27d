{#- The columns identify a row. A null counts as a value, so that an unestablished payer is one row. -#}
{% test grain(model, columns) %}
select count(*) as row_count
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}
