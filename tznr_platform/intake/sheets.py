"""The sheets of a workbook as rows of text, and which of them is the table.

Here: XLSX, ODS and XLS, read apart (``workbook_process``) once their container is known to be harmless. A hidden
sheet is never the table; its cells are read all the same, for the screen. Not here: what a workbook may hold
(``containers``), the header inside a sheet (``grid``).
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tznr_platform.intake import containers, workbook_process
from tznr_platform.intake.arrivals import FileRefusedError
from tznr_platform.intake.dialect import grid_of
from tznr_platform.intake.grid import Frame, Line, Merge, find_frame, header_score

MUCH_LARGER, AS_GOOD = 3, 0.8


@dataclass(frozen=True)
class Sheet:
    """A sheet: its rank from 1, its rows as text, its merged cells (rows and columns from 0)."""

    rank: int
    name: str
    rows: list[list[str]]
    merges: Sequence[Merge] = ()
    is_hidden: bool = False

    def lines(self) -> Iterator[Line]:
        """All rows as text, numbered from 1."""
        return enumerate(self.rows, start=1)

    def sample(self) -> list[Line]:
        """The first rows that are not blank."""
        return grid_of(self.rows)


def open_workbook(path: Path) -> list[Sheet]:
    """The sheets of a workbook; ``FileRefusedError`` as ``containers.inspect_workbook``, or FILE_UNREADABLE."""
    if containers.kind_of(path) == "workbook":
        containers.inspect_workbook(path)
    with subprocess.Popen([sys.executable, "-I", workbook_process.__file__, path], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={}) as process:
        try:
            sheets = _received(process.stdout)
        except ValueError:
            sheets = []
    if process.returncode:
        raise FileRefusedError("FILE_UNREADABLE")
    return sheets


def _received(lines: Iterable[bytes]) -> list[Sheet]:
    """The sheets that ``workbook_process`` tells of, without the blank rows at their end."""
    sheets: list[Sheet] = []
    for value in map(json.loads, lines):
        if isinstance(value, dict):
            sheets.append(Sheet(**value, rows=[]))
        else:
            sheets[-1].rows.append(value)
    for sheet in sheets:
        while sheet.rows and not any(sheet.rows[-1]):
            sheet.rows.pop()
    return sheets


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


def _size(sheet: Sheet, frame: Frame) -> int:
    """Cells below the header."""
    return (len(sheet.rows) - frame.header_line) * frame.width
