"""``build_defs``: the one place where assets, resources, jobs, schedules and sensors meet."""

from __future__ import annotations

import dagster as dg

from tznr_platform import discretion
from tznr_platform.assets import all_assets
from tznr_platform.orchestration.jobs import JOBS
from tznr_platform.orchestration.triggers import daily_schedule, inbox_sensor, monthly_schedule
from tznr_platform.resources import Platform, published_copy
from tznr_platform.resources.dbt import dbt_resource
from tznr_platform.settings import export_environment, load_settings


def build_defs(**options: str) -> dg.Definitions:
    """All definitions over the data directory of the environment, or of ``options`` (names of settings).

    Reads the dbt manifest and nothing else: no key, no network, no data.
    """
    discretion.install()
    settings = load_settings(**options)
    export_environment(settings)
    return dg.Definitions(
        assets=all_assets(),
        jobs=JOBS,
        schedules=[monthly_schedule, daily_schedule],
        sensors=[inbox_sensor],
        resources={"platform": Platform(options=options), "dbt": dbt_resource(**options),
                   "published_copy": published_copy(settings, **options)},
    )
