{#- E3: an entitlement is open whether or not it is paid (the free CSS never is), for the claimant as for the spouse. -#}
{% macro is_open(status) -%} {{ status }} in ('OUVERT_VERSABLE', 'OUVERT_NON_VERSE') {%- endmacro %}
