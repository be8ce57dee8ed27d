"""``python -m benchmarks [NAME] [--persons N] [--through YYYY-MM] [--dir DIR]``; NAME: see ``--help``.

Without a name: the list, then each at a small size. Here: the command line and the two benchmarks without a rival.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import click

from benchmarks import bootstrap as bootstrap_benchmark
from benchmarks import door as door_benchmark
from benchmarks import group_time as group_time_benchmark
from benchmarks import pipeline as pipeline_benchmark
from benchmarks import pseudonyms as pseudonyms_benchmark
from benchmarks import readers as readers_benchmark
from benchmarks import refresh as refresh_benchmark
from benchmarks import scale as scale_benchmark
from benchmarks import screen as screen_benchmark
from benchmarks import size_simulation
from benchmarks import trials as trials_benchmark
from benchmarks.measure import Cost, run
from tznr_platform.settings import load_settings

SMALL_PERSONS = 500
SEED = "1"


def _persons(default: int):
    return click.option("--persons", type=click.IntRange(min=50), default=default, show_default=True)


through_option = click.option("--through", default="2026-06", show_default=True, help="Last month of the deliveries")
dir_option = click.option("--dir", "folder", type=click.Path(path_type=Path, resolve_path=True),
                          default=Path("data/benchmarks"), show_default=True, help="Where inboxes and results lie")


def _draws(default: int):
    return click.option("--draws", type=click.IntRange(min=99), default=default, show_default=True)


@click.group(invoke_without_command=True)
@click.pass_context
def main(context: click.Context) -> None:
    """Speed and memory, as ratios against a rival or against a target of issue 2."""
    if context.invoked_subcommand:
        return
    small = {"megabytes": 20, "persons": SMALL_PERSONS, "through": "2026-06",
             "folder": Path("data/benchmarks").resolve(), "units": SMALL_PERSONS, "months": 24, "rows": 2_000,
             "draws": 99, "replications": 20, "times": 2, "memory": "2GB"}
    for name, command in main.commands.items():
        click.echo(f"\n{name}: {command.help} At {SMALL_PERSONS} persons:")
        context.invoke(command, **{option.name: small[option.name] for option in command.params})


@main.command()
@_persons(100_000)
@through_option
@dir_option
def pipeline(persons: int, through: str, folder: Path) -> None:
    """Intake + dbt against one hand-written DuckDB script on the same files."""
    inbox = _inbox(persons, through, folder)
    _echo_load()
    outcome = pipeline_benchmark.compare(inbox, folder / f"pipeline_{persons}", click.echo)
    click.echo(pipeline_benchmark.report(outcome))


@main.command()
@_persons(100_000)
@through_option
@dir_option
def refresh(persons: int, through: str, folder: Path) -> None:
    """One more month in the warehouse, against the same warehouse built from nothing."""
    inbox = _inbox(persons, through, folder)
    _echo_load()
    click.echo(refresh_benchmark.compare(inbox, through, folder / f"refresh_{persons}", click.echo))


@main.command()
@_persons(100_000)
@through_option
@dir_option
@click.option("--times", type=click.IntRange(min=1), default=10, show_default=True, help="Copies of each person")
@click.option("--memory", default="8GB", show_default=True, help="Memory limit of DuckDB")
def scale(persons: int, through: str, folder: Path, times: int, memory: str) -> None:
    """The warehouse of ten times as many persons within a memory limit, spilled bytes and time."""
    inbox = _inbox(persons, through, folder)
    _echo_load()
    place = folder / f"scale_{persons}x{times}"
    click.echo(scale_benchmark.build(inbox, place, times, memory, click.echo))


@main.command()
@_persons(100_000)
@through_option
@dir_option
def synth(persons: int, through: str, folder: Path) -> None:
    """Generation of a synthetic inbox."""
    _echo_load()
    out = folder / f"synth_{persons}"
    shutil.rmtree(out, ignore_errors=True)
    _against("synth", _synthesise(out, persons, through, folder), target=120)
    shutil.rmtree(out)


@main.command()
@_persons(20_000)
@through_option
@dir_option
def default(persons: int, through: str, folder: Path) -> None:
    """The whole `tznr run`, first on an empty data directory, then again."""
    inbox = _inbox(persons, through, folder)
    _echo_load()
    root = folder / f"default_{persons}"
    shutil.rmtree(root, ignore_errors=True)
    environment = {"TZNR_DATA_DIR": str(root)}
    command = [sys.executable, "-m", "tznr_platform.cli", "run", "--inbox", inbox]
    for name in ("first run", "second run"):
        _against(name, run(command, folder / "logs" / f"default_{name.replace(' ', '_')}.txt", environment), target=180)


@main.command()
@_persons(2_000_000)
@dir_option
def pseudonyms(persons: int, folder: Path) -> None:
    """Exchange identifiers from file to file, against bare HMAC-SHA-256 in one Python process."""
    _echo_load()
    click.echo(pseudonyms_benchmark.compare(persons, folder / "pseudonyms"))


@main.command()
@_persons(2_000)
@through_option
@dir_option
def readers(persons: int, through: str, folder: Path) -> None:
    """Share of files read right, messy and synthetic: ours, pandas and DuckDB."""
    folder.mkdir(parents=True, exist_ok=True)
    click.echo(readers_benchmark.compare(persons, through, folder))


@main.command()
@click.option("--megabytes", type=click.IntRange(min=5, max=499), default=496, show_default=True)
@dir_option
def door(megabytes: int, folder: Path) -> None:
    """The largest file through the intake against a bare DuckDB load; files refused unopened."""
    _echo_load()
    click.echo(door_benchmark.compare(folder / "door", megabytes, click.echo))


@main.command()
@_persons(2_000)
@through_option
@dir_option
def screen(persons: int, through: str, folder: Path) -> None:
    """The screen at the door: precision and recall by kind, false alarms on clean deliveries."""
    click.echo(screen_benchmark.compare(_inbox(persons, through, folder), folder / "screen"))


@main.command("group-time")
@click.option("--units", type=click.IntRange(min=100), default=50_000, show_default=True)
@click.option("--months", type=click.IntRange(min=20), default=48, show_default=True)
@_draws(1_000)
def group_time(units: int, months: int, draws: int) -> None:
    """Group-time effects and their bootstrap bands against csdid and differences."""
    _echo_load()
    click.echo(group_time_benchmark.compare(units, months, draws))


@main.command()
@click.option("--rows", type=click.IntRange(min=1_000), default=50_000, show_default=True)
@_draws(9_999)
def bootstrap(rows: int, draws: int) -> None:
    """The wild cluster bootstrap of one coefficient against wildboottest."""
    _echo_load()
    click.echo(bootstrap_benchmark.compare(rows, draws))


@main.command("size")
@click.option("--replications", type=click.IntRange(min=20), default=2_000, show_default=True)
def size(replications: int) -> None:
    """How often a true hypothesis is rejected at 5 %, with few unequal clusters."""
    click.echo(size_simulation.table(replications))


@main.command()
@_persons(100_000)
@dir_option
def trials(persons: int, folder: Path) -> None:
    """Monthly target trials of 36 months, by channel: exact strata, covariates, trees."""
    _echo_load()
    click.echo(trials_benchmark.compare(persons, folder))


def _inbox(persons: int, through: str, folder: Path) -> Path:
    """The synthetic inbox of that size, made once."""
    out = folder / f"inbox_{persons}_{through}"
    if not out.exists():
        click.echo(f"synthetic inbox          {_synthesise(out, persons, through, folder)}")
    return out


def _synthesise(out: Path, persons: int, through: str, folder: Path) -> Cost:
    return run([sys.executable, "-m", "tznr_platform.cli", "synth", "--out", out, "--persons", str(persons),
                "--seed", SEED, "--through", through], folder / "logs" / "synth.txt",
               {"TZNR_DATA_DIR": str(folder / "synth_data")})


def _against(name: str, cost: Cost, target: int) -> None:
    click.echo(f"{name:<24} {cost.wall / target:.2f} of the target of {target} s: {cost}")


def _echo_load() -> None:
    settings = load_settings()
    click.echo(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; DuckDB: {settings.threads} threads, "
               f"{settings.memory_limit}")


if __name__ == "__main__":
    main(prog_name="python -m benchmarks")
