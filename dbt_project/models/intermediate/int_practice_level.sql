-- The six practices of the survey of professionals, one row each; professional codes are those of their territory.
{% set practices = ['systematic_review', 'simulator_use', 'unasked_mention', 'outreach', 'warm_referral',
                    'referral_follow_up'] %}
{% for practice in practices %}
select
    territory_code,
    professional_code,
    wave_code,
    employer_type_code,
    '{{ practice }}' as practice_code,
    {{ practice }}_level as practice_level
from {{ ref('stg_professionnels') }}
{{ 'union all' if not loop.last }}
{% endfor %}
