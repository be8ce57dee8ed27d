"""Straighten an odd file: any readable table becomes one clean UTF-8 CSV that DuckDB reads without surprise.

Here: the copy, in its fixed layout. Not here: reading the odd file (``reading``), any judgement on a value.

A clean file has no header and these columns: ``line`` (the row that a spreadsheet shows: blank lines counted, a
cell over several lines is one row), ``part`` (empty: a row; ``ragged``: a wrong number of cells; ``aside``: a line
above the header, a total, a note, another sheet), the columns of the contract in its order, then ``rest``: the cells
of all other columns, and every cell of a ragged line or of a line aside, joined by ``CELL_JOINT``. Nothing that came
is hidden from whoever screens it.
"""

from __future__ import annotations

import csv
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tznr_platform.intake.arrivals import FileRefusedError
from tznr_platform.intake.reading import RAGGED, ROW, Reading

DELIMITER, CELL_JOINT, COPY_CHARACTERS = ";", "\x1f", 1 << 20


@dataclass(frozen=True)
class Clean:
    """A clean CSV: how many lines it has, how many of them are rows (ragged ones too), what ``rest`` joins."""

    path: Path
    line_count: int
    row_count: int
    rest_ranks: tuple[int, ...]


def transcode(source: Path, encoding: str, target: Path) -> None:
    """Copy a text file into UTF-8, line by line the same; ``FileRefusedError`` ENCODING_UNKNOWN if it is not so."""
    try:
        with (source.open(encoding=encoding, newline="") as old,
              target.open("w", encoding="utf-8", newline="") as new):
            shutil.copyfileobj(old, new, COPY_CHARACTERS)
    except UnicodeDecodeError:
        raise FileRefusedError("ENCODING_UNKNOWN") from None


def straighten(reading: Reading, columns: Sequence[str | None], names: Sequence[str], target: Path) -> Clean:
    """Write the clean copy of a table whose ``columns`` hold these fields; ``names``: those of the contract.

    ``FileRefusedError`` as ``Reading.lines``.
    """
    counts: Counter[str] = Counter()
    places = [columns.index(name) if name in columns else len(columns) for name in names]
    others = [index for index, column in enumerate(columns) if column is None]
    with target.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter=DELIMITER, lineterminator="\n")
        for line, part, cells in reading.lines():
            counts[part] += 1
            if part == ROW:
                padded = [*cells, ""]
                writer.writerow([line, part, *(padded[place] for place in places),
                                 CELL_JOINT.join(cells[index] for index in others)])
            else:
                writer.writerow([line, part, *[""] * len(places), CELL_JOINT.join(filter(None, cells))])
    return Clean(target, counts.total(), counts[ROW] + counts[RAGGED],
                 tuple(reading.left + index + 1 for index in others))
