{#- Every code of the column is in the list of reference; national rows ('FR') and nulls are let through. -#}
{% test known_codes(model, column_name, to, field) %}
select count(*) as unknown_count
from {{ model }} as used
where used.{{ column_name }} <> 'FR'
    and not exists (select 1 from {{ to }} as listed where listed.{{ field }} = used.{{ column_name }})
having count(*) > 0
{% endtest %}
