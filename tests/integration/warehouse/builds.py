"""Sources of dbt shaped by the contracts but empty, and one run of dbt on them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tznr_platform.settings import Settings
from tznr_platform.storage import warehouse

PROJECT = Path(__file__).resolve().parents[3] / "dbt_project"
DBT = Path(sys.executable).parent / "dbt"


@dataclass(frozen=True)
class Built:
    """A finished `dbt build`: what dbt printed, the status of every node, the file it wrote."""

    code: int
    output: str
    statuses: dict[str, str]
    settings: Settings
    manifest: dict = field(repr=False)

    def rows(self, query: str) -> list[tuple]:
        with warehouse.connect(self.settings.working_file, settings=self.settings, read_only=True) as con:
            return con.execute(query).fetchall()


def create_sources(settings: Settings) -> None:
    """Create the sources of dbt without a single delivery; `accepted` holds tables, so that tests may fill them."""
    with warehouse.writer(settings) as con:
        warehouse.load_accepted(con, settings)
        names = con.execute("select view_name from duckdb_views() where schema_name = 'accepted'").fetchall()
        for (name,) in names:
            con.execute(f'create temp table copied as from accepted."{name}"')
            con.execute(f'drop view accepted."{name}"')
            con.execute(f'create table accepted."{name}" as from copied')
            con.execute("drop table copied")


def run_dbt(settings: Settings, *arguments: str, merged: Iterable[str] = ()) -> Built:
    """Run dbt on the working file of ``settings``; artefacts go beside it, never into the project."""
    target = settings.root / "target"
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("TZNR_", "DBT_"))}
    done = subprocess.run(
        [str(DBT), "--no-use-colors", *arguments, "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)],
        env={**environment, "DBT_TZNR_PATH": str(settings.working_file), "DBT_TZNR_TEMP": str(settings.spill_dir),
             "DBT_TZNR_MERGED": " ".join(merged),
             "DBT_TARGET_PATH": str(target), "DBT_LOG_PATH": str(settings.root / "logs")},
        cwd=settings.root, capture_output=True, text=True, check=False)
    results = json.loads((target / "run_results.json").read_text())["results"]
    return Built(done.returncode, done.stdout + done.stderr,
                 {result["unique_id"]: result["status"] for result in results}, settings,
                 json.loads((target / "manifest.json").read_text()))
