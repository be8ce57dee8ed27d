"""Refresh: one more month, against the same warehouse built again from nothing.

Here: the two states of one inbox, the two builds in fresh processes (loading, plan, dbt and its tests), whether every
mart is the same. The month: one more delivery of every body, which tells again the three months before, and one of
every territory. The intake of the new files is measured beside; the dbt project is parsed before the clock starts.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.measure import Cost, run
from tznr_platform.resources.dbt import DBT_EXECUTABLE, DBT_PROJECT_DIR
from tznr_platform.settings import Settings, export_environment, load_settings
from tznr_platform.storage import connect

TARGET = 0.25


def compare(inbox: Path, through: str, folder: Path, tell: Callable[[str], None]) -> str:
    """Both builds in a fresh ``folder``; the report."""
    shutil.rmtree(folder, ignore_errors=True)
    settings = load_settings(data_dir=folder / "platform", inbox=folder / "inbox")
    export_environment(settings)
    late = _split(inbox, settings.inbox_dir, through)
    steps = _Steps(settings, folder / "logs", tell)
    steps("intake", "first intake")
    parse(settings, folder / "logs")
    steps("build", "first build")
    for path in late:
        _link(inbox, path, settings.inbox_dir)
    tell(f"one month more: {len(late)} files")
    intake = steps("intake", "intake of the month")
    refreshed = steps("build", "refresh")
    before = _marts(settings)
    settings.working_file.unlink()
    whole = steps("build", "built from nothing")
    differing = sorted(name for name, rows in _marts(settings).items() if before.get(name) != rows)
    return "\n".join([
        f"ratio refresh / whole    wall {refreshed.wall / whole.wall:.2f}, cpu {refreshed.cpu / whole.cpu:.2f} "
        f"(target <= {TARGET})", f"intake of the month      {intake}", f"refresh                  {refreshed}",
        f"built from nothing       {whole}", f"marts that differ        {', '.join(differing) or 'none'}"])


class _Steps:
    """Each call: one fresh process, told and measured."""

    def __init__(self, settings: Settings, logs: Path, tell: Callable[[str], None]) -> None:
        self.settings, self.logs, self.tell = settings, logs, tell

    def __call__(self, until: str, name: str) -> Cost:
        command = [sys.executable, "-m", "benchmarks.platform_job", self.settings.root, self.settings.inbox_dir, until]
        cost = run(command, self.logs / f"{name.replace(' ', '_')}.txt")
        self.tell(f"{name:<24} {cost}")
        return cost


def _split(inbox: Path, place: Path, through: str) -> list[Path]:
    """Link the files of ``inbox`` into ``place`` but those of the last month, which are returned.

    They are every body's files of the month, and of each territory its last quarterly file of persons.
    """
    files = sorted(path.relative_to(inbox) for path in inbox.rglob("*") if path.is_file())
    bodies = [path for path in files if re.search(rf"_{through}\b", path.name)]
    last: dict[str, Path] = {}
    for path in files:
        if "_personnes_" in path.name and "-T" in path.name:
            last[path.name.split("_")[0]] = path
    late = {*bodies, *last.values()}
    for path in files:
        if path not in late:
            _link(inbox, path, place)
    return sorted(late)


def _link(inbox: Path, path: Path, place: Path) -> None:
    (place / path).parent.mkdir(parents=True, exist_ok=True)
    (place / path).hardlink_to(inbox / path)


def parse(settings: Settings, logs: Path) -> None:
    """Parse the dbt project beside the warehouse, before any clock starts."""
    project = ["--project-dir", DBT_PROJECT_DIR, "--profiles-dir", DBT_PROJECT_DIR]
    run([DBT_EXECUTABLE, "--log-path", logs, "parse", *project, "--target-path", settings.root / "target"],
        logs / "parse.txt")


def _marts(settings: Settings) -> dict[str, list[tuple]]:
    """Every mart, its rows in order."""
    with connect(settings.working_file, settings=settings, read_only=True) as con:
        names = con.execute("select table_name from information_schema.tables where table_schema = 'marts'").fetchall()
        return {name: con.execute(f"from marts.{name} order by all").fetchall() for (name,) in names}
