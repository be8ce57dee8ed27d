"""Straighten an odd file: any readable table becomes one clean UTF-8 CSV that DuckDB reads without surprise.

Here: other encodings, lines above the header, blank and ragged lines, cells over several lines,
spreadsheets. The clean file starts with a column of line numbers: those the sender sees. Not here: any
judgement on a value.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import shutil
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tznr_platform.intake.arrivals import FileRefusedError
from tznr_platform.intake.shape import HEADER_SEARCH_LINES, Shape, header_score
from tznr_platform.privacy.screen import fold

DELIMITER, COPY_CHARACTERS = ";", 1 << 20
Row = Sequence[object]
csv.field_size_limit(1 << 24)


@dataclass(frozen=True)
class Clean:
    """A clean CSV: how many rows it has, and the lines left out for their number of cells."""

    path: Path
    row_count: int
    ragged_lines: tuple[int, ...]


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
    """Line number, then the columns ``names`` in that order; those the file lacks stay empty."""
    width, ragged, count = len(shape.headers), [], 0
    places = [shape.columns.index(name) if name in shape.columns else width for name in names]
    with target.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter=DELIMITER, lineterminator="\n")
        for line, row in rows:
            if line <= shape.header_line:
                continue
            cells = [" ".join(cell.split()) for cell in row]
            if not any(cells):
                continue
            if len(cells) > width:
                cells = cells[:width] + _without_tail(cells[width:])
            if len(cells) < width and pads:
                cells += [""] * (width - len(cells))
            if len(cells) != width:
                ragged.append(line)
                continue
            cells.append("")
            writer.writerow([line, *(cells[place] for place in places)])
            count += 1
    return Clean(target, count, tuple(ragged))


def _text_rows(source: Path, shape: Shape) -> Iterator[tuple[int, list[str]]]:
    encoding = "utf-8-sig" if shape.encoding == "utf-8" else shape.encoding
    with source.open(encoding=encoding, newline="") as stream:
        reader = csv.reader(stream, delimiter=shape.delimiter)
        before = 0
        for row in reader:
            yield before + 1, row
            before = reader.line_num


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
