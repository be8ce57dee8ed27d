"""The dbt project as a Dagster resource. The manifest is parsed by ``orchestration.manifest``, never here."""

from __future__ import annotations

import importlib.metadata
import sys
from pathlib import Path

from dagster_dbt import DbtCliResource
from packaging import version

DBT_PROJECT_DIR = Path(__file__).resolve().parents[2] / "dbt_project"
MANIFEST_FILE = DBT_PROJECT_DIR / "target" / "manifest.json"
DBT_EXECUTABLE = Path(sys.executable).parent / "dbt"


class Dbt(DbtCliResource):
    """dbt without its hidden request: ``dbt --version`` asks the package index, the installed metadata does not."""

    @property
    def _cli_version(self) -> version.Version:
        return version.parse(importlib.metadata.version("dbt-core"))


def dbt_resource() -> Dbt:
    """The project of this repository, run by the dbt of this environment."""
    return Dbt(project_dir=str(DBT_PROJECT_DIR), profiles_dir=str(DBT_PROJECT_DIR),
               dbt_executable=str(DBT_EXECUTABLE))
