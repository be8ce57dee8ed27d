"""Run a job in this process, on the same instance as the interface, and translate its failures."""

from __future__ import annotations

import dagster as dg
from dagster._core.errors import DagsterAssetCheckFailedError  # not exported

from tznr_platform.assets.partitions import feed_months, whole_range_tags
from tznr_platform.errors import ExitCode, UserError
from tznr_platform.orchestration.build import build_defs
from tznr_platform.orchestration.progress import show_progress
from tznr_platform.settings import Settings

PARTITIONED_JOBS = {"full", "ingest"}
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def execute(settings: Settings, job_name: str) -> dg.ExecuteInProcessResult:
    """Execute ``job_name`` over every month in one run; raise ``UserError`` where a person can act.

    A refused report is a success with a dossier. A blocking check that fails stops the run: exit code 5.
    """
    job = build_defs(**_options(settings)).resolve_job_def(job_name)
    tags = whole_range_tags(feed_months()) if job_name in PARTITIONED_JOBS else {}
    show_progress()
    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as instance:
        try:
            return job.execute_in_process(instance=instance, tags=tags, run_config=QUIET)
        except DagsterAssetCheckFailedError:
            raise UserError("Une porte de qualité bloque la suite.", where=str(settings.dossiers_dir),
                            why="au moins un critère bloquant n'est pas rempli",
                            remedy="ouvrir le dossier de la porte : chaque critère y dit quoi faire",
                            exit_code=ExitCode.GATE_REFUSED) from None


def _options(settings: Settings) -> dict[str, str]:
    given = settings.model_dump(exclude_unset=True)
    return {name: str(value) for name, value in given.items() if value is not None}
