{#- The benefits that bodies tell month by month (`has_body_feed` in the list of benefits; a test holds the two together):
    those that have columns in the panel. -#}
{% macro fed_benefits() -%}
    {{ return(['RSA', 'PPA', 'ASPA', 'CSS_GRATUITE', 'CSS_PARTICIPATION', 'AL', 'AUTRE_MINIMUM', 'ARE', 'ASS']) }}
{%- endmacro %}
