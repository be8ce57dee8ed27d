{#- Outcomes of a request, the one that prevails first: the senders' code -> the name of its count. -#}
{% macro request_outcomes() -%}
    {{ return({'accordee': 'granted', 'refusee': 'refused', 'abandonnee': 'abandoned', 'sans_reponse': 'unanswered',
               'en_cours': 'pending'}) }}
{%- endmacro %}

{#- Place of a code in an order, and the code at a place; a code that is not listed has no place. -#}
{% macro rank_of(code, ordered) -%}
    case {{ code }}{% for one in ordered %} when '{{ one }}' then {{ loop.index }}{% endfor %} end
{%- endmacro %}

{% macro code_at(rank, ordered) -%}
    case {{ rank }}{% for one in ordered %} when {{ loop.index }} then '{{ one }}'{% endfor %} end
{%- endmacro %}
