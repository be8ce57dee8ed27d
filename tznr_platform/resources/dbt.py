"""The dbt project as a Dagster resource. The manifest is parsed by ``orchestration.manifest``, never here.

dbt opens the working file by itself, without ``storage.connect``: the resource asks the retention clock first, and
the project asks it again at the start of each of its runs (``macros/require_open.sql``).
"""

from __future__ import annotations

import importlib.metadata
import sys
from pathlib import Path

from dagster_dbt import DbtCliInvocation, DbtCliResource
from packaging import version
from pydantic import Field

from tznr_platform.settings import load_settings
from tznr_platform.storage import clock, rebuild

DBT_PROJECT_DIR = Path(__file__).resolve().parents[2] / "dbt_project"
MANIFEST_FILE = DBT_PROJECT_DIR / "target" / "manifest.json"
DBT_EXECUTABLE = Path(sys.executable).parent / "dbt"


class Dbt(DbtCliResource):
    """dbt without its hidden request: ``dbt --version`` asks the package index, the installed metadata does not.

    ``options`` override the environment, by name of setting, as those of ``Platform``.
    """

    options: dict[str, str] = Field(default_factory=dict)

    def cli(self, *arguments: object, **keywords: object) -> DbtCliInvocation:
        """Run dbt, unless the working data are past their last day or an erasure is unfinished (``UserError``)."""
        settings = load_settings(**self.options)
        clock.require_open(settings)
        rebuild.require_finished(settings)
        return super().cli(*arguments, **keywords)

    @property
    def _cli_version(self) -> version.Version:
        return version.parse(importlib.metadata.version("dbt-core"))


def dbt_resource(**options: str) -> Dbt:
    """The project of this repository, run by the dbt of this environment."""
    return Dbt(options=options, project_dir=str(DBT_PROJECT_DIR), profiles_dir=str(DBT_PROJECT_DIR),
               dbt_executable=str(DBT_EXECUTABLE))
