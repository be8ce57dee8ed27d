"""Dagster wiring: jobs, schedules, sensors, the dbt manifest, and ``build.build_defs`` that puts it together."""
