"""Pipeline: from the same files to the same marts, the platform against one DuckDB script (``by_hand``).

Here: the two sides, each in fresh processes with the same memory limit and threads, and whether they agree. The dbt
project is parsed and compiled before the clock starts: both sides then find it ready.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import Cost, run
from tznr_platform.settings import Settings, export_environment, load_settings

DBT_PROJECT = Path(__file__).resolve().parents[1] / "dbt_project"
RATIO_TARGET, PEAK_TARGET_MIB = 1.5, 4096


@dataclass(frozen=True)
class Outcome:
    """Costs by step of the platform, cost of the rival, and what the two do not agree on."""

    steps: Mapping[str, Cost]
    rival: Cost
    accepted_rows: Mapping[str, int]
    differences: list[str]

    @property
    def platform(self) -> Cost:
        first, *others = self.steps.values()
        return sum(others, start=first)


def compare(inbox: Path, folder: Path, tell: Callable[[str], None]) -> Outcome:
    """Run both sides on ``inbox`` in a fresh ``folder`` and compare what they built."""
    shutil.rmtree(folder, ignore_errors=True)
    settings = load_settings(data_dir=folder / "platform", inbox=inbox)
    export_environment(settings)
    dbt = [Path(sys.executable).with_name("dbt"), "--log-path", folder / "dbt_log"]
    project = ["--project-dir", DBT_PROJECT, "--profiles-dir", DBT_PROJECT, "--target-path", folder / "target"]
    settings.working_file.parent.mkdir(parents=True)
    tell("dbt compile (not timed)")
    run([*dbt, "compile", *project], folder / "logs" / "compile.txt")
    commands = {"intake": [sys.executable, "-m", "benchmarks.platform_job", settings.root, inbox],
                "dbt build": [*dbt, "build", "--exclude-resource-type", "unit_test", *project]}  # as the asset does
    steps = {}
    for name, command in commands.items():
        steps[name] = run(command, folder / "logs" / f"{name.replace(' ', '_')}.txt")
        tell(f"{'platform, ' + name:<24} {steps[name]}")
    rival_dir = folder / "rival"
    rival = run([sys.executable, "-m", "benchmarks.by_hand", inbox, rival_dir, folder / "target" / "manifest.json"],
                folder / "logs" / "rival.txt")
    tell(f"{'rival':<24} {rival}")
    return _compared(settings, rival_dir, steps, rival)


def _compared(settings: Settings, rival_dir: Path, steps: Mapping[str, Cost], rival: Cost) -> Outcome:
    from benchmarks.agreement import differences, totals

    ours = totals(settings.working_file, settings)
    theirs = totals(rival_dir / "working.duckdb", load_settings(data_dir=rival_dir))
    rows = {name.removeprefix("accepted."): facts["rows"] for name, facts in ours.items()
            if name.startswith("accepted.")}
    return Outcome(steps, rival, rows, differences(ours, theirs))


def report(outcome: Outcome) -> str:
    """Ratios first, then costs, rows and disagreements."""
    ours, theirs = outcome.platform, outcome.rival
    lines = [
        f"ratio platform / rival   wall {ours.wall / theirs.wall:.2f} (target <= {RATIO_TARGET}), "
        f"cpu {ours.cpu / theirs.cpu:.2f}, peak {ours.peak / theirs.peak:.2f}",
        f"peak of the platform     {ours.peak:.0f} MiB (target < {PEAK_TARGET_MIB})",
        *(f"{'platform, ' + name:<24} {cost}" for name, cost in outcome.steps.items()),
        f"{'platform':<24} {ours}",
        f"{'rival':<24} {theirs}",
        f"accepted rows            {sum(outcome.accepted_rows.values()):,} "
        f"(droits_mensuels {outcome.accepted_rows['droits_mensuels']:,})",
        f"disagreements            {len(outcome.differences) or 'none: accepted rows and mart totals agree'}",
    ]
    return "\n".join([*lines, *outcome.differences])
