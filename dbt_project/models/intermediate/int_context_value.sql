-- Open data as (table, row, column, value), to be summed by any control total whatever its filters.
{% set counted = {
    'caf_communes': ['household_count', 'person_count', 'rsa_household_count', 'ppa_household_count',
                     'housing_household_count'],
    'caf_national': ['household_count'],
    'cnaf_national': ['household_thousands'],
    'minima_departements': ['recipient_count'],
    'minima_national': ['recipient_thousands'],
    'filosofi': ['median_living_standard_eur', 'poverty_rate_percent'],
    'inscrits_france_travail': ['registered_count'],
    'france_services': ['place_code'],
    'communes': ['commune_code', 'population_count'],
    'departements': ['department_code'],
} %}
{% for table, columns in counted.items() %}{% set last_table = loop.last %}{% for column in columns %}
select
    '{{ table }}' as table_name,
    '{{ column }}' as column_name,
    {{ 'cast(1 as double)' if column.endswith('_code') else 'cast(' ~ column ~ ' as double)' }} as value,
    {{ row_as_json('context_row') }} as row_values
from {{ ref('stg_' ~ table) }} as context_row
{{ 'union all' if not (loop.last and last_table) }}
{% endfor %}{% endfor %}
