{#
    The retention clock, asked by dbt itself: a run started by hand is refused after the last day of the working data,
    as every other opening is (tznr_platform/storage/clock.py). The date comes from the reference lists in the file.
#}
{% macro require_open() %}
    {% if execute and adapter.get_relation(target.database, 'reference', 'retention_classes') %}
        {% set found = run_query("
            select calendar.event_date
            from reference.retention_classes
            inner join reference.calendar on calendar.event_code = retention_classes.end_event_code
            where retention_classes.retention_code = 'travail'") %}
        {% set today = env_var('DBT_TZNR_TODAY', modules.datetime.date.today().isoformat()) %}
        {% if today > found.columns[0].values()[0] | string %}
            {{ exceptions.raise_compiler_error(
                "La durée de conservation des données de travail est terminée : dbt ne les ouvre plus. "
                "Que faire : tznr retention purge") }}
        {% endif %}
    {% endif %}
{% endmacro %}
