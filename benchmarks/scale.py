"""Scale: the warehouse of many times the persons of an inbox, within a memory limit, spilling where it must.

Here: the lake with each person repeated, the build in a fresh process, what it took. A copy of a person is another
person with the same rows: files grow, their number does not. Nothing is copied that names nobody.
"""

from __future__ import annotations

import shutil
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import duckdb

from benchmarks.measure import run
from benchmarks.refresh import parse
from tznr_platform.settings import Settings, export_environment, load_settings
from tznr_platform.storage import connect, lake, registers

TABLE = "droits_mensuels"


def build(inbox: Path, folder: Path, times: int, memory: str, tell: Callable[[str], None]) -> str:
    """Intake of ``inbox`` and its persons repeated ``times`` times, once, then one build; the report.

    What a run cut short left half repeated is begun again.
    """
    ready = folder / "repeated.txt"
    if not ready.exists():
        shutil.rmtree(folder, ignore_errors=True)
    settings = load_settings(data_dir=folder, inbox=inbox, memory_limit=memory)
    export_environment(settings)
    environment = {"TZNR_MEMORY_LIMIT": memory}
    job = [sys.executable, "-m", "benchmarks.platform_job", settings.root, inbox]
    if not ready.exists():
        tell(f"intake                   {run([*job, 'intake'], folder / 'logs' / 'intake.txt', environment)}")
        rows = repeat(settings, times)
        ready.write_text(f"persons x {times:<14} {rows:,} benefit-months")
    tell(ready.read_text())
    parse(settings, folder / "logs")
    settings.working_file.unlink(missing_ok=True)
    with _Watch(settings.spill_dir) as spilled:
        cost = run([*job, "build"], folder / "logs" / "build.txt", environment)
    size = settings.working_file.stat().st_size
    return "\n".join([f"build, {settings.threads} threads       {cost}",
                      f"memory limit of DuckDB   {memory}; spilled at most {spilled.most >> 20:,} MiB; "
                      f"working file {size >> 20:,} MiB"])


def repeat(settings: Settings, times: int) -> int:
    """Write every file that names persons again with ``times`` as many; how many benefit-months there are then."""
    person = registers.person_file(settings)
    with connect(None, settings=settings) as con:
        con.execute("set preserve_insertion_order = false")
        (last,) = con.execute(f"select max(person_id) from ({registers.persons(settings)})").fetchone()
        for path in [*settings.lake_dir.glob("accepted/*/*/*/d*.parquet"), person]:
            columns = [row[0] for row in con.execute(f"describe from read_parquet({lake.quote(path)})").fetchall()]
            if "person_id" in columns:
                _repeat(con, path, times, last, "pseudonym" in columns)
        listed = lake.quote(lake.accepted_dir(settings, TABLE) / "*" / "*" / "d*.parquet")
        return con.execute(f"select count(*) from read_parquet({listed}, hive_partitioning = false)").fetchone()[0]


def _repeat(con: duckdb.DuckDBPyConnection, path: Path, times: int, last: int, is_person: bool) -> None:
    named = ", pseudonym || '-' || number as pseudonym" if is_person else ""
    lake.write_parquet(con, f"""
        select * exclude (number) replace ((person_id + {last} * number)::integer as person_id{named})
        from read_parquet({lake.quote(path)}, hive_partitioning = false)
        cross join (select unnest(range({times})) as number)""", path)


class _Watch:
    """The most that lay in a folder while something ran."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.most, self.done = folder, 0, threading.Event()

    def __enter__(self) -> _Watch:
        self.thread = threading.Thread(target=self._look, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.done.set()
        self.thread.join()

    def _look(self) -> None:
        while not self.done.wait(1):
            self.most = max(self.most, sum(_size(path) for path in self.folder.rglob("*")))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
