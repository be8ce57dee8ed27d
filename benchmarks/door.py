"""Door: the largest file the platform accepts, through its intake and through a bare DuckDB load; what must not pass.

Here: both sides in fresh processes on the same file, in the same run, and the two files that are refused unopened. Run
as a module it is the rival: ``python -m benchmarks.door FILE``. Not here: the files (``door_files``).
"""

from __future__ import annotations

import shutil
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import duckdb

from benchmarks import door_files
from benchmarks.measure import Cost, run
from tznr_platform.settings import load_settings
from tznr_platform.storage.lake import quote

SPEED_TARGET, PEAK_TARGET_MIB, REFUSAL_TARGET = 0.5, 1024, 1.0
PERSONS_NAME, FEED_NAME = "TZNR-01_personnes_2025-T2.csv", "CNAF_droits_mensuels_2026-06.csv"
BOMB_NAME, BOMB_BYTES = "TZNR-02_personnes_2025-T2.xlsx", 4 << 30


def compare(folder: Path, megabytes: int, tell: Callable[[str], None], rounds: int = 3) -> str:
    """Both sides in turn, ``rounds`` times each, then the refusals; the files are removed. Returns the report."""
    shutil.rmtree(folder, ignore_errors=True)
    try:
        rows = _write(folder, megabytes)
        _intake(folder, "persons")
        shutil.copytree(folder / "platform", folder / "ready")
        ours, theirs = [], []
        for _ in range(rounds):
            theirs.append(run([sys.executable, "-m", "benchmarks.door", folder / "feed" / FEED_NAME],
                              folder / "rival.txt"))
            shutil.rmtree(folder / "platform")
            shutil.copytree(folder / "ready", folder / "platform")
            ours.append(_intake(folder, "feed"))
            tell(f"bare load {theirs[-1]}   intake {ours[-1]}")
        return _report(rows, ours, theirs, _refusals(folder, megabytes))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _write(folder: Path, megabytes: int) -> int:
    with duckdb.connect() as con:
        door_files.write_persons(con, folder / "persons" / PERSONS_NAME)
        return door_files.write_rights(con, folder / "feed" / FEED_NAME, megabytes << 20)


def _intake(folder: Path, inbox: str) -> Cost:
    return run([sys.executable, "-m", "benchmarks.platform_job", folder / "platform", folder / inbox, "intake"],
               folder / f"{inbox}.txt")


def _refusals(folder: Path, megabytes: int) -> list[tuple[str, Cost]]:
    """A file one byte above the limit (made of nothing: size is all that is read), and a workbook that would swell."""
    large, bomb = folder / "large" / FEED_NAME, folder / "bomb" / BOMB_NAME
    for path in (large, bomb):
        path.parent.mkdir()
    with large.open("wb") as stream:
        stream.truncate((load_settings().max_file_mb << 20) + 1)
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive, archive.open(
            "xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
        for _ in range(BOMB_BYTES >> 24):
            sheet.write(bytes(1 << 24))
    nothing = folder / "nothing"
    nothing.mkdir()
    (nothing / "TZNR-03_personnes_2025-T2.csv").touch()
    return [(name, _intake(folder, name)) for name in ("nothing", "large", "bomb")]


def _report(rows: int, ours: list[Cost], theirs: list[Cost], refusals: list[tuple[str, Cost]]) -> str:
    best, rival = (min(costs, key=lambda cost: cost.wall) for costs in (ours, theirs))
    start = refusals[0][1].wall
    lines = [f"rows                     {rows:,}",
             f"speed intake / bare load {rival.wall / best.wall:.2f} (target >= {SPEED_TARGET}); "
             f"cpu {best.cpu / rival.cpu:.2f} times",
             f"peak of the intake       {max(cost.peak for cost in ours):.0f} MiB (target < {PEAK_TARGET_MIB})",
             f"bare load                {rival}", f"intake                   {best}"]
    for name, cost in refusals[1:]:
        lines.append(f"refused, {name:<15} {cost.wall - start:.2f} s more than an empty file "
                     f"(target < {REFUSAL_TARGET}), {cost.peak:.0f} MiB")
    return "\n".join(lines)


def main(path: Path) -> None:
    """The rival: one table from one file, every choice left to DuckDB."""
    with duckdb.connect(config={"threads": load_settings().threads}) as con:
        con.execute(f"create table feed as from read_csv({quote(path)})")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
