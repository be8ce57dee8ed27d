"""The sheets of a workbook as rows of text, and which of them is the table.

Here: XLSX, ODS and XLS through calamine, once the workbook is known to be harmless. A hidden sheet is never the table;
its cells are read all the same, for the screen.
Not here: what a workbook may hold (``containers``), the header inside a sheet (``grid``).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tznr_platform.intake import containers
from tznr_platform.intake.arrivals import FileRefusedError
from tznr_platform.intake.dialect import TRIED
from tznr_platform.intake.grid import Frame, Line, Merge, find_frame, header_score

MUCH_LARGER, AS_GOOD = 3, 0.8


@dataclass(frozen=True)
class Sheet:
    """A sheet: its rank from 1, its rows as calamine gives them, its merged cells (rows and columns from 0)."""

    rank: int
    name: str
    rows: list[list[object]]
    merges: tuple[Merge, ...]
    is_hidden: bool = False

    def lines(self) -> Iterator[Line]:
        """All rows as text, numbered from 1."""
        return ((number, [text_of(cell) for cell in row]) for number, row in enumerate(self.rows, start=1))

    def sample(self) -> list[Line]:
        """The first rows that are not blank."""
        found: list[Line] = []
        for line, raw in self.lines():
            cells = [" ".join(cell.split()) for cell in raw]
            if any(cells):
                found.append((line, cells))
                if len(found) == TRIED:
                    break
        return found


def open_workbook(path: Path) -> list[Sheet]:
    """The sheets of a workbook; ``FileRefusedError`` as ``containers.inspect_workbook``, or FILE_UNREADABLE."""
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    if containers.kind_of(path) == "workbook":
        containers.inspect_workbook(path)
    try:
        with path.open("rb") as stream:
            workbook = CalamineWorkbook.from_filelike(stream)
            return [_sheet(workbook, rank, sheet.name, is_hidden=sheet.visible != SheetVisibleEnum.Visible)
                    for rank, sheet in enumerate(workbook.sheets_metadata, start=1)
                    if sheet.typ == SheetTypeEnum.WorkSheet]
    except FileNotFoundError:
        raise
    except Exception:
        raise FileRefusedError("FILE_UNREADABLE") from None


def choose(sheets: list[Sheet], known: set[str]) -> tuple[Sheet, Frame]:
    """The sheet that is the table: the one with most names we know, else the first unless another is much larger.

    ``FileRefusedError``: SEVERAL_TABLES when two sheets hold the names, else what is wrong with the only one.
    """
    found: list[tuple[Sheet, Frame]] = []
    reasons: list[FileRefusedError] = []
    for sheet in sheets:
        if sheet.is_hidden:
            continue
        try:
            found.append((sheet, find_frame(sheet.sample(), known, sheet.merges)))
        except FileRefusedError as refusal:
            reasons.append(refusal)
    if not found:
        told = [refusal for refusal in reasons if refusal.reason != "FILE_EMPTY"]
        raise (told or [FileRefusedError("FILE_EMPTY")])[0]
    scores = [header_score(frame.headers, known) for _, frame in found]
    if max(scores) > 1:
        rivals = [pair for pair, score in zip(found, scores, strict=True)
                  if score >= AS_GOOD * max(scores) and _size(*pair)]
        if len(rivals) > 1:
            raise FileRefusedError("SEVERAL_TABLES", "feuilles n° " + ", ".join(str(s.rank) for s, _ in rivals))
        return rivals[0] if rivals else found[scores.index(max(scores))]
    first, largest = found[0], max(found, key=lambda pair: _size(*pair))
    return largest if _size(*largest) > MUCH_LARGER * _size(*first) else first


def text_of(cell: object) -> str:
    """A cell as a sender would have typed it: no ``.0`` on whole numbers, ISO dates, oui/non."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "oui" if cell else "non"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        return cell.date().isoformat()
    return str(cell)


def _sheet(workbook: object, rank: int, name: str, *, is_hidden: bool) -> Sheet:
    sheet = workbook.get_sheet_by_name(name)
    rows = sheet.to_python(skip_empty_area=False)
    while rows and not any(cell != "" for cell in rows[-1]):
        rows.pop()
    return Sheet(rank, name, rows, tuple(sheet.merged_cell_ranges or ()), is_hidden)


def _size(sheet: Sheet, frame: Frame) -> int:
    """Cells below the header."""
    return (len(sheet.rows) - frame.header_line) * frame.width
