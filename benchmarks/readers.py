"""The share of files read right: ours, ``pandas.read_csv`` and DuckDB's ``read_csv_auto``, both as they come.

Here: two sets of files. The messy files of the shared data, each with what a careful human reads in it; the synthetic
deliveries, of which the answer key says the rows. Right: the table of rows x columns for a readable file; a refusal
for one that holds no table; for one that is partly readable, a table whose doubtful lines are told, or a refusal. The
rivals read text only: other formats fail, and a failure is a refusal.
"""

from __future__ import annotations

import csv
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from tznr_platform.contracts import contract
from tznr_platform.intake.arrivals import FileRefusedError
from tznr_platform.intake.reading import RAGGED, ROW, read_table
from tznr_platform.settings import Settings
from tznr_platform.storage import connect
from tznr_platform.storage.lake import quote

MESSY = Path(__file__).resolve().parents[2] / "shared" / "data" / "messy"
MAX_BYTES = 500 << 20
READERS = ("ours", "pandas.read_csv", "DuckDB read_csv_auto")
KINDS = ("yes", "partly", "no")
WITHOUT_TABLE = ("FILE_EMPTY", "NO_ROWS", "FILE_UNREADABLE", "SEPARATOR_UNKNOWN", "FORMAT_UNSUPPORTED")


@dataclass(frozen=True)
class Found:
    """What a reader made of a file: rows (ragged ones apart), columns, whether it said anything; or its refusal."""

    rows: int = 0
    ragged: int = 0
    columns: int = 0
    is_told: bool = False
    refusal: str | None = None


@dataclass(frozen=True)
class Expected:
    """What a careful human reads: ``readable`` is yes, partly or no; ``sound`` rows have a cell in each column."""

    path: Path
    readable: str
    rows: int
    sound: int
    columns: int
    wrong: str = ""


def ours(path: Path, folder: Path) -> Found:
    try:
        reading = read_table(path, max_bytes=MAX_BYTES, folder=folder)
        parts = Counter(part for _, part, _ in reading.lines())
    except FileRefusedError as refusal:
        return Found(refusal=refusal.reason)
    return Found(parts[ROW], parts[RAGGED], len(reading.headers), bool(reading.remarks or reading.ragged_count))


def pandas_defaults(path: Path, folder: Path) -> Found:
    import pandas

    try:
        rows, columns = pandas.read_csv(path, low_memory=False).shape
    except Exception as error:
        return Found(refusal=type(error).__name__)
    return Found(rows, 0, columns)


def duckdb_auto(path: Path, folder: Path) -> Found:
    with connect(None, settings=Settings(data_dir=folder)) as con:
        try:
            relation = f"read_csv_auto({quote(str(path).replace('[', '[[]'))})"
            columns = len(con.execute(f"describe from {relation}").fetchall())
            rows = con.execute(f"select count(*) from {relation}").fetchone()[0]
        except Exception as error:
            return Found(refusal=type(error).__name__)
    return Found(rows, 0, columns)


FUNCTIONS: dict[str, Callable[[Path, Path], Found]] = dict(zip(READERS, (ours, pandas_defaults, duckdb_auto),
                                                               strict=True))


def is_right(expected: Expected, found: Found) -> bool:
    """The rule of the messy set; an empty table counts as a refusal, lines a reader calls ragged as told."""
    refused = found.refusal is not None or found.rows + found.ragged == 0
    if expected.readable == "no":
        return refused
    if expected.readable == "yes":
        return not refused and found.columns == expected.columns and (
            found.rows + found.ragged == expected.rows and found.ragged <= expected.rows - expected.sound)
    return refused or (found.is_told and found.columns == expected.columns
                       and found.rows + found.ragged == expected.rows
                       and found.ragged <= expected.rows - expected.sound)


def messy(folder: Path) -> list[Expected]:
    """The files of the messy set."""
    with (folder / "expected.csv").open(encoding="utf-8") as stream:
        return [Expected(folder / row["path"], row["readable"], int(row["rows"]), int(row["rows_sound"]),
                         int(row["columns"]), row["what_is_wrong"]) for row in csv.DictReader(stream)]


def judged(files: Iterable[Expected], reader: str) -> list[tuple[Expected, Found, bool]]:
    """What one reader makes of each file, and whether that is right."""
    results = []
    with tempfile.TemporaryDirectory() as folder:
        for expected in files:
            found = FUNCTIONS[reader](expected.path, Path(folder))
            results.append((expected, found, is_right(expected, found)))
    return results


def synthetic(inbox: Path, key: Path) -> list[Expected]:
    """The synthetic deliveries whose content decides: rows by the answer key, columns by the contract."""
    places = {path.name: path for path in inbox.rglob("*") if path.is_file()}
    files = []
    with (key / "files.csv").open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            path = places.get(Path(row["file_name"]).name)
            if path and row["reason_code"] in WITHOUT_TABLE:
                files.append(Expected(path, "no", 0, 0, 0))
            elif path and not row["reason_code"]:
                rows = int(row["accepted_row_count"]) + int(row["refused_row_count"])
                columns = len(contract(row["table_name"]).fields) + int(row["ignored_column_count"])
                files.append(Expected(path, "yes", rows, int(row["accepted_row_count"]), columns))
    return files


def report(name: str, files: list[Expected]) -> str:
    """One table for a set of files: what each reader gets right, refuses, and takes wrongly."""
    lines = [f"{name}: {len(files)} files", f"{'reader':<24}{'right':>12}{'share':>9}"
             + "".join(f"{kind:>12}" for kind in KINDS) + f"{'wrong table':>14}{'refused':>10}"]
    missed: list[str] = []
    for reader in READERS:
        results = judged(files, reader)
        right = sum(ok for *_, ok in results)
        by_kind = [_share([ok for expected, _, ok in results if expected.readable == kind]) for kind in KINDS]
        wrong = sum(not ok and found.refusal is None for _, found, ok in results)
        refused = sum(found.refusal is not None for _, found, _ in results)
        lines.append(f"{reader:<24}{right:>7}/{len(files):<4}{right / max(len(files), 1):>9.1%}"
                     + "".join(f"{share:>12}" for share in by_kind) + f"{wrong:>14}{refused:>10}")
        if reader == READERS[0]:
            missed = [f"  {expected.path.name}: {expected.readable}, {expected.rows} x {expected.columns} expected, "
                      + (found.refusal or f"{found.rows} + {found.ragged} x {found.columns} found")
                      for expected, found, ok in results if not ok]
    return "\n".join([*lines, *(["not right with ours:", *missed] if missed else [])])


def _share(results: list[bool]) -> str:
    return f"{sum(results)}/{len(results)}"


def compare(persons: int, through: str, folder: Path) -> str:
    """Both sets of files, the synthetic one written anew; the messy one is left out where the shared data is absent."""
    from tznr_platform.synthetic.inbox import generate

    with tempfile.TemporaryDirectory(dir=folder) as made:
        inbox, key = Path(made) / "inbox", Path(made) / "key"
        generate(inbox, persons=persons, seed=1, through=through, answer_key_dir=key)
        parts = [report("synthetic deliveries", synthetic(inbox, key))]
    parts.append(report("messy files", messy(MESSY)) if MESSY.is_dir() else "messy files: the shared data is absent")
    return "\n\n".join([*parts, "The rivals read text only: other formats fail, which counts as a refusal."])
