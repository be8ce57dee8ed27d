"""The platform in a process of its own: files to the lake, then the lake to the warehouse.

Usage: ``python -m benchmarks.platform_job DATA_DIR INBOX [intake | load | build]``: how far to go, ``load`` by default.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import click

from tznr_platform import intake
from tznr_platform.cli.init import prepare
from tznr_platform.settings import Settings, export_environment, load_settings, tell_merged
from tznr_platform.storage import load_accepted, refresh, writer


def main(data_dir: Path, inbox: Path, until: str = "load") -> None:
    """What the assets of reception, and the asset ``dbt_build``, do without Dagster."""
    settings = load_settings(data_dir=data_dir, inbox=inbox)
    if not settings.key_file.exists():
        prepare(settings)
    if until == "build":
        return build(settings)
    intake.run(settings)
    if until == "load":
        with writer(settings) as con:
            load_accepted(con, settings)


def build(settings: Settings) -> None:
    """Load, plan, run dbt with its tests, note what was made; says how many nodes were left alone and merged."""
    from tznr_platform.resources.dbt import DBT_EXECUTABLE, DBT_PROJECT_DIR  # Dagster takes two seconds to import

    export_environment(settings)
    target = settings.root / "target"
    manifest = json.loads((target / "manifest.json").read_text())
    with writer(settings) as con:
        load_accepted(con, settings)
        plan = refresh.plan(con, manifest)
    tell_merged(manifest["nodes"][node_id]["name"] for node_id in plan.merged)
    click.echo(f"{len(plan.fingerprints)} nodes, {len(plan.in_place)} in place, {len(plan.merged)} merged")
    project = ["--project-dir", DBT_PROJECT_DIR, "--profiles-dir", DBT_PROJECT_DIR, "--target-path", target]
    command = [DBT_EXECUTABLE, "--log-path", target, "build", "--exclude-resource-type", "unit_test", *project]
    done = subprocess.run([str(word) for word in [*command, *refresh.dbt_options(plan, manifest)]], check=False)
    results = json.loads((target / "run_results.json").read_text())["results"]
    with writer(settings) as con:
        refresh.record(con, plan, results)
    raise SystemExit(done.returncode)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])
