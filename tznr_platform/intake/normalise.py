"""Straighten an odd file: any readable table becomes one clean UTF-8 CSV that DuckDB reads without surprise.

Here: other encodings, lines above the header, blank and ragged lines, cells over several lines,
spreadsheets. Not here: any judgement on a value.

A clean file has no header and these columns: ``line`` (the row that a spreadsheet shows: blank lines counted, a
cell over several lines is one row), ``part`` (empty: a row; ``ragged``: a wrong number of cells; ``aside``: a line
above the header, a total), the columns of the contract in its order, then ``rest``: the cells of all other columns,
and every cell of a ragged line or of a line aside, joined by ``CELL_JOINT``. Nothing that came is hidden from
whoever screens it.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import shutil
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tznr_platform.intake.arrivals import FileRefusedError
from tznr_platform.intake.shape import HEADER_SEARCH_LINES, Shape, header_score
from tznr_platform.privacy.screen import fold

DELIMITER, CELL_JOINT, COPY_CHARACTERS = ";", "\x1f", 1 << 20
RAGGED, ASIDE = "ragged", "aside"
Row = Sequence[object]
csv.field_size_limit(1 << 24)


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


def normalise_text(source: Path, shape: Shape, names: Sequence[str], target: Path) -> tuple[Clean, Shape]:
    """Straighten a text file; the shape returned tells the encoding really used."""
    try:
        return _write(_text_rows(source, shape), shape, names, target, pads=False), shape
    except UnicodeDecodeError:
        if shape.encoding != "utf-8" or _has_accents(source, shape):
            raise FileRefusedError("ENCODING_UNKNOWN") from None
        shape = replace(shape, encoding="cp1252")
        return _write(_text_rows(source, shape), shape, names, target, pads=False), shape
    except csv.Error:
        raise FileRefusedError("FILE_UNREADABLE") from None


def open_sheet(source: Path, names: Iterable[str], max_bytes: int) -> tuple[list[Row], Shape]:
    """Rows of the sheet of a workbook that looks most like a table of ``names``, and its shape."""
    known = {fold(name) for name in names}
    best: tuple[int, list[Row], Shape] | None = None
    for rows in _sheets(source, max_bytes):
        for number, row in enumerate(rows[:HEADER_SEARCH_LINES], start=1):
            headers = _without_tail([_text(cell).strip() for cell in row])
            score = header_score(headers, known)
            if headers and (best is None or score > best[0]):
                best = (score, rows, Shape("sheet", ";", number, tuple(headers)))
    if best is None:
        raise FileRefusedError("FILE_EMPTY")
    return best[1], best[2]


def normalise_sheet(rows: list[Row], shape: Shape, names: Sequence[str], target: Path) -> Clean:
    """Straighten a sheet; short rows are completed, as spreadsheets do not store empty cells."""
    numbered = ((number, [_text(cell) for cell in row]) for number, row in enumerate(rows, start=1))
    return _write(numbered, shape, names, target, pads=True)


def _write(rows: Iterable[tuple[int, list[str]]], shape: Shape, names: Sequence[str], target: Path, *,
           pads: bool) -> Clean:
    """Write the clean file; ``pads`` completes short rows."""
    width, counts = len(shape.headers), Counter()
    places = [shape.columns.index(name) if name in shape.columns else width for name in names]
    others = [rank for rank, column in enumerate(shape.columns) if column is None]
    with target.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter=DELIMITER, lineterminator="\n")
        for line, row in rows:
            cells = [" ".join(cell.split()) for cell in row]
            if line == shape.header_line or not any(cells):
                continue
            cells = _fitted(cells, width, pads=pads)
            part = ASIDE if line < shape.header_line else "" if len(cells) == width else RAGGED
            counts[part] += 1
            if part:
                writer.writerow([line, part, *[""] * len(places), CELL_JOINT.join(filter(None, cells))])
            else:
                cells.append("")
                writer.writerow([line, part, *(cells[place] for place in places),
                                 CELL_JOINT.join(cells[rank] for rank in others)])
    return Clean(target, counts.total(), counts[""] + counts[RAGGED], tuple(rank + 1 for rank in others))


def _fitted(cells: list[str], width: int, *, pads: bool) -> list[str]:
    """The cells without empty ones beyond the header; ``pads`` adds those that a spreadsheet does not store."""
    if len(cells) > width:
        return cells[:width] + _without_tail(cells[width:])
    return cells + [""] * (width - len(cells)) if pads else cells


def _text_rows(source: Path, shape: Shape) -> Iterator[tuple[int, list[str]]]:
    encoding = "utf-8-sig" if shape.encoding == "utf-8" else shape.encoding
    with source.open(encoding=encoding, newline="") as stream:
        yield from enumerate(csv.reader(stream, delimiter=shape.delimiter), start=1)


def _has_accents(source: Path, shape: Shape) -> bool:
    """Whether valid UTF-8 accents precede the first undecodable byte: then the file mixes two encodings."""
    return not source.read_bytes().decode("utf-8-sig", errors="ignore").isascii()


@contextmanager
def _unreadable() -> Iterator[None]:
    try:
        yield
    except FileRefusedError:
        raise
    except Exception:
        raise FileRefusedError("FILE_UNREADABLE") from None


def _sheets(source: Path, max_bytes: int) -> Iterator[list[Row]]:
    from python_calamine import CalamineWorkbook

    with _unreadable():
        content = source.read_bytes()
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > 4 * max_bytes:
                raise FileRefusedError("FILE_TOO_LARGE")
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        sheets = [workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
                  for name in workbook.sheet_names]
    yield from sheets


def _text(cell: object) -> str:
    """A cell as a sender would have typed it: no ``.0`` on whole numbers, ISO dates, oui/non."""
    if isinstance(cell, bool):
        return "oui" if cell else "non"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        return cell.date().isoformat()
    return str(cell)


def _without_tail(cells: list[str]) -> list[str]:
    end = len(cells)
    while end and not cells[end - 1]:
        end -= 1
    return cells[:end]
