{#- A national count of distinct persons is at most the sum of the territories, and at least the largest of them. -#}
{% test nation_within_sum(model, measures, by=[]) %}
{% for measure in measures %}
select '{{ measure }}' as measure{% for column in by %}, {{ column }}{% endfor %}
from {{ model }}
group by {{ (["1"] + by) | join(', ') }}
having coalesce(sum(case when territory_code = 'FR' then {{ measure }} end), 0)
        > coalesce(sum(case when territory_code <> 'FR' then {{ measure }} end), 0)
    or coalesce(sum(case when territory_code = 'FR' then {{ measure }} end), 0)
        < coalesce(max(case when territory_code <> 'FR' then {{ measure }} end), 0)
{{ 'union all' if not loop.last }}
{% endfor %}
{% endtest %}
