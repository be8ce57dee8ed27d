"""Dagster wiring: partitions, translator, jobs, schedules, sensors, and ``build_defs`` that puts it together."""

from tznr_platform.orchestration.build import build_defs

__all__ = ["build_defs"]
