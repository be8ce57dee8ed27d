"""Partitions: benefit bodies send one feed a month. Territories are rows of the register, not partitions of it."""

from __future__ import annotations

import dagster as dg

from tznr_platform.contracts import calendar

TIMEZONE = "Europe/Paris"


def feed_months() -> dg.MonthlyPartitionsDefinition:
    """Months of the benefit bodies' feeds, from the start of the experiment to the current month."""
    start = calendar()["experiment_start"]
    return dg.MonthlyPartitionsDefinition(start_date=start.strftime("%Y-%m"), fmt="%Y-%m", timezone=TIMEZONE,
                                          end_offset=1)


def whole_range_tags(partitions: dg.MonthlyPartitionsDefinition) -> dict[str, str]:
    """Run tags that take every month in one run."""
    return {"dagster/asset_partition_range_start": partitions.get_first_partition_key(),
            "dagster/asset_partition_range_end": partitions.get_last_partition_key()}
