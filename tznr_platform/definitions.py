"""The code location that Dagster loads: ``defs``, and nothing else."""

from tznr_platform.orchestration.build import build_defs

defs = build_defs()
