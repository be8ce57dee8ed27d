{#
    What a refresh leaves alone and what it merges (tznr_platform/storage/refresh.py, feed.py decide; here dbt obeys).
    A run started by hand merges nothing and is forgotten: the next build of the platform makes again what it touched.
#}

{#- Before dbt touches a node, it is no longer in place; the platform notes it again once it is made. -#}
{% macro forget_selected() %}
    {% if execute and adapter.get_relation(target.database, 'intake', 'built') %}
        {% do run_query("delete from intake.built where node_id in ('" ~ selected_resources | join("', '") ~ "')") %}
    {% endif %}
{% endmacro %}

{#- dbt's own question to an incremental model: merged when the platform says so, made whole otherwise. -#}
{% macro should_full_refresh() %}
    {{ return(model.name not in env_var('DBT_TZNR_MERGED', '').split(' ')) }}
{% endmacro %}

{#-
Of a reading of the feed, the deliveries that a merge has not read yet; everything when the model is made whole. Their
ranks are written out, so that the files of the others are not even opened.
-#}
{% macro only_news(delivery_rank) -%}
    {%- if is_incremental() -%}
    {{ delivery_rank }} in ({{ run_query('select delivery_rank from intake.feed_news').columns[0].values() | join(', ') or 'null' }})
    {%- else -%} true
    {%- endif -%}
{%- endmacro %}
