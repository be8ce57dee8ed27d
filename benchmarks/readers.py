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

from tznr_platform.intake.arrivals import FileRefusedError
from tznr_platform.intake.reading import RAGGED, ROW, read_table
from tznr_platform.storage import connect
from tznr_platform.storage.lake import quote

MAX_BYTES = 500 << 20
READERS = ("ours", "pandas.read_csv", "DuckDB read_csv_auto")


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
    with connect(None) as con:
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
    """The rule of the messy set; an empty table counts as a refusal."""
    refused = found.refusal is not None or found.rows + found.ragged == 0
    if expected.readable == "no":
        return refused
    if expected.readable == "yes":
        return not refused and (found.rows, found.ragged, found.columns) == (expected.rows, 0, expected.columns)
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
