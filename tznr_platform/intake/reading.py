"""One table out of any file that a French administration sends.

Here: the one entry to reading, for the intake, for the sender's own check and for the benchmark; what each line is: a
row, a ragged row, or a line aside (above the header, a note, a total). Not here: fields (``columns``), values
(``rules``). It refuses rather than guesses.
"""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tznr_platform.intake import containers, sheets
from tznr_platform.intake.arrivals import FileRefusedError
from tznr_platform.intake.columns import name_key
from tznr_platform.intake.dialect import FRAMED, Dialect, dialect_of, grid_of
from tznr_platform.intake.encodings import encoding_of, holds_lost_letters
from tznr_platform.intake.grid import Frame, filled, find_frame
from tznr_platform.intake.markup import markup_of, open_markup
from tznr_platform.privacy.screen import fold

ROW, RAGGED, ASIDE = "", "ragged", "aside"
SAMPLE_CHARACTERS, TAIL_BYTES, HELD_LINES, SHOWN_LINES = 1 << 18, 8192, 50, 10
TOTALS = ("total", "totaux", "ensemble", "sous_total", "grand_total")
Remark = tuple[str, str]


@dataclass
class Reading:
    """A table found in a file. Its lines are read once, as they are asked for; remarks are whole after that.

    ``header_line``: the row a spreadsheet shows (0: no header). ``left``: columns of the file before the first header.
    ``sheet``: name of the sheet read. ``is_regular``: a record a line from line 2, nothing else in the file.
    """

    path: Path
    frame: Frame
    encoding: str = ""
    dialect: Dialect | None = None
    sheets: list[sheets.Sheet] = field(default_factory=list)
    chosen: sheets.Sheet | None = None
    is_regular: bool = False
    _told: dict[str, list[int]] = field(default_factory=dict)

    @property
    def headers(self) -> tuple[str, ...]:
        return self.frame.headers

    @property
    def header_line(self) -> int:
        return self.frame.header_line

    @property
    def left(self) -> int:
        return self.frame.left

    @property
    def separator(self) -> str:
        return self.dialect.separator if self.dialect else ""

    @property
    def sheet(self) -> str | None:
        return self.chosen.name if self.chosen else None

    @property
    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """The records: line number, one cell a header. Ragged lines and lines aside are left out, and told."""
        return ((line, cells) for line, part, cells in self.lines() if part == ROW)

    @property
    def ragged_count(self) -> int:
        return len(self._told.get("COLUMN_COUNT", ()))

    def lines(self) -> Iterator[tuple[int, str, list[str]]]:
        """Every line that is not blank, but the header: its number, its part, its cells (all of them unless a row).

        ``FileRefusedError``: FILE_TRUNCATED when the last line stops short, FILE_UNREADABLE when a cell has no end.
        """
        if self.chosen:
            yield from self._parted(self.chosen.lines())
            for other in self.sheets:
                if other is not self.chosen:
                    yield from ((line, ASIDE, _tidy(cells)) for line, cells in other.lines() if any(cells))
            return
        try:
            with self.path.open(encoding=self._codec, newline="") as stream:
                yield from self._parted(enumerate(self.dialect.records(stream), start=1))
        except UnicodeDecodeError:
            raise FileRefusedError("ENCODING_UNKNOWN") from None
        except csv.Error:
            raise FileRefusedError("FILE_UNREADABLE") from None

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """What the reader did not take, or had to decide: reason code and detail, never a value."""
        found = [(code, _lines_told(lines)) for code, lines in self._told.items() if code != "COLUMN_COUNT"]
        others = [sheet.rank for sheet in self.sheets
                  if sheet is not self.chosen and sheet.rows and not sheet.is_hidden]
        if others:
            found.append(("SHEETS_IGNORED", f"feuille lue : n° {self.chosen.rank} ; "
                                            f"non lues : n° {', '.join(map(str, others))}"))
        if not self.header_line:
            found.append(("HEADER_ABSENT", ""))
        elif odd := _odd_names(self.headers, self.left):
            found.append(("HEADER_INCOMPLETE", "colonne n° " + ", ".join(map(str, odd))))
        return tuple(found)

    @property
    def _codec(self) -> str:
        return "utf-8-sig" if self.encoding == "utf-8" else self.encoding

    def _parted(self, numbered: Iterable[tuple[int, list[str]]]) -> Iterator[tuple[int, str, list[str]]]:
        """Tell rows, ragged rows and lines aside; what may be a note at the bottom waits for what follows it."""
        held: list[tuple[int, str, list[str]]] = []
        last: tuple[int, list[str]] | None = None
        before_blank = False
        for line, raw in numbered:
            cells = _tidy(raw)
            if not any(cells):
                before_blank = True
                continue
            if self.frame.first_line <= line <= self.header_line:
                continue
            last = line, raw
            item = line, *self._part(line, cells)
            if item[1] == ASIDE:
                yield item
            elif len(held) < HELD_LINES and self._looks_a_note(cells, follows_blank=before_blank or bool(held)):
                held.append(item)
            else:
                yield from map(self._noted, [*held, item])
                held, before_blank = [], False
        yield from self._bottom(held)
        self._refuse_truncated(last if not held else None)

    def _part(self, line: int, cells: list[str]) -> tuple[str, list[str]]:
        """What a line is on its own, with its cells cut to the table if it is a row."""
        left, right = self.left, self.left + self.frame.width
        if line < self.frame.first_line:
            return self._aside("LINES_ABOVE_IGNORED", line, cells)
        fitted = cells[left:right] if not any(cells[right:]) and not any(cells[:left]) else cells
        if self._repeats_header(fitted) or (cells[0].startswith("#") and filled(cells) == 1):
            return self._aside("LINES_ASIDE_IGNORED", line, cells)
        if _is_total(cells, self.frame.width):
            return self._aside("TOTAL_IGNORED", line, cells)
        if holds_lost_letters("\x1f".join(cells)):
            self._tell("CHARACTERS_LOST", line)
        return (ROW, fitted) if len(fitted) == self.frame.width else (RAGGED, cells)

    def _repeats_header(self, cells: list[str]) -> bool:
        return self.header_line > 0 and len(cells) > 1 and tuple(cells) == self.headers

    def _looks_a_note(self, cells: list[str], *, follows_blank: bool) -> bool:
        """A lone text of several words, in a table of three columns or more, or below a blank line."""
        if filled(cells) != 1 or self.frame.width < 2:
            return False
        text = next(filter(None, cells))
        is_words = " " in text and not text[0].isdigit()
        return is_words and (follows_blank or self.frame.width > 2)

    def _bottom(self, held: list[tuple[int, str, list[str]]]) -> Iterator[tuple[int, str, list[str]]]:
        for line, _, cells in held:
            self._aside("LINES_ASIDE_IGNORED", line, cells)
            yield line, ASIDE, cells

    def _noted(self, item: tuple[int, str, list[str]]) -> tuple[int, str, list[str]]:
        if item[1] == RAGGED:
            self._tell("COLUMN_COUNT", item[0])
        return item

    def _aside(self, code: str, line: int, cells: list[str]) -> tuple[str, list[str]]:
        self._tell(code, line)
        return ASIDE, cells

    def _tell(self, code: str, line: int) -> None:
        self._told.setdefault(code, []).append(line)

    def _refuse_truncated(self, last: tuple[int, list[str]] | None) -> None:
        """A last line that stops before its last cell, without an end of line or inside a quoted cell."""
        if self.dialect is None or last is None or len(last[1]) >= self.left + self.frame.width:
            return
        if "\n" in last[1][-1] or not _ends_with_newline(self.path):
            raise FileRefusedError("FILE_TRUNCATED", f"ligne {last[0]}")


def read_table(path: Path, known: Iterable[str] = (), *, max_bytes: int, folder: Path | None = None) -> Reading:
    """Open the table of a file: text in any dialect, XLSX, ODS, XLS; also packed, when ``folder`` may hold the copy.

    ``known``: names its header may hold, if any is expected. ``max_bytes``: of the file, unpacked.
    ``FileRefusedError``: why there is no table to be read, or none without guessing.
    """
    keys = {name_key(name) for name in known}
    if path.stat().st_size > max_bytes:
        raise FileRefusedError("FILE_TOO_LARGE")
    path = plain(path, folder, max_bytes)
    kind = containers.kind_of(path)
    if kind == "text":
        return _text(path, keys)
    if kind not in ("workbook", "xls"):
        raise FileRefusedError("FORMAT_UNSUPPORTED")
    return _of_sheets(path, sheets.open_workbook(path), keys)


def plain(path: Path, folder: Path | None, max_bytes: int) -> Path:
    """The file itself, or what it holds when it is packed; SEVERAL_TABLES for an archive of several files."""
    if not containers.is_packed(path):
        return path
    if folder is None:
        raise FileRefusedError("FORMAT_UNSUPPORTED")
    member = None
    if containers.kind_of(path) == "zip":
        names = containers.members(path)
        if len(names) != 1:
            raise FileRefusedError("SEVERAL_TABLES" if names else "FILE_EMPTY")
        member = names[0]
    return containers.unpack(path, member, folder / f"{path.name[-60:]}.plain", max_bytes)


def _of_sheets(path: Path, found: list[sheets.Sheet], keys: set[str], encoding: str = "") -> Reading:
    chosen, frame = sheets.choose(found, keys)
    if len(chosen.rows) <= frame.header_line:
        raise FileRefusedError("NO_ROWS")
    return Reading(path, frame, encoding, sheets=found, chosen=chosen)


def _text(path: Path, keys: set[str]) -> Reading:
    encoding = encoding_of(path)
    try:
        with path.open(encoding="utf-8-sig" if encoding == "utf-8" else encoding, newline="") as stream:
            sample = stream.read(SAMPLE_CHARACTERS)
    except UnicodeDecodeError:
        raise FileRefusedError("ENCODING_UNKNOWN") from None
    is_whole = len(sample) < SAMPLE_CHARACTERS
    if kind := markup_of(sample):
        return _of_sheets(path, open_markup(path, encoding, kind), keys, encoding)
    dialect = dialect_of(sample, keys)
    if keys and not dialect.separator:
        raise FileRefusedError("SEPARATOR_UNKNOWN" if sample.strip() else "FILE_EMPTY")
    try:
        grid = grid_of(dialect.records(io.StringIO(sample, newline="")))
    except csv.Error:
        raise FileRefusedError("FILE_UNREADABLE") from None
    if not is_whole and len(grid) < FRAMED:
        grid = grid[:-1]
    frame = find_frame(grid, keys)
    if is_whole and grid[-1][0] <= frame.header_line:
        raise FileRefusedError("NO_ROWS")
    first = next(dialect.records(io.StringIO(sample, newline="")))
    is_regular = (dialect.is_plain and frame.first_line == frame.header_line == 1 and len(first) == frame.width
                  and not any(tuple(cells) == frame.headers for _, cells in grid[1:])
                  and _ends_with_rows(path, encoding, dialect, frame.width))
    return Reading(path, frame, encoding, dialect, is_regular=is_regular)


def _tidy(cells: Iterable[str]) -> list[str]:
    return [" ".join(cell.split()) for cell in cells]


def _is_total(cells: list[str], width: int) -> bool:
    """A line that starts with the word total and leaves part of its cells empty."""
    first = fold(next(filter(None, cells)))
    is_named = first.startswith(tuple(word + "_" for word in TOTALS)) or first in TOTALS
    return is_named and width > 1 and 3 * (width - filled(cells)) >= width


def _odd_names(headers: tuple[str, ...], left: int) -> list[int]:
    """Ranks of the columns without a name, or with the name of another one."""
    return [rank for rank, name in enumerate(headers, start=left + 1) if not name or headers.count(name) > 1]


def _lines_told(lines: list[int]) -> str:
    """Line numbers as ranges: « lignes 1-3, 12 », the first ten."""
    ranges = []
    for _, group in itertools.groupby(enumerate(lines), key=lambda pair: pair[1] - pair[0]):
        numbers = [line for _, line in group]
        ranges.append(str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]}-{numbers[-1]}")
    more = "…" if len(ranges) > SHOWN_LINES else ""
    return ("ligne " if len(lines) == 1 else "lignes ") + ", ".join(ranges[:SHOWN_LINES]) + more


def _ends_with_rows(path: Path, encoding: str, dialect: Dialect, width: int) -> bool:
    """Whether no total and no note stands among the last lines of a file, as far as a glance tells."""
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - TAIL_BYTES))
        text = stream.read().decode(encoding.removesuffix("-le").removesuffix("-be"), errors="ignore")
    lines = re.split(r"\r\n|\r|\n", text)[-HELD_LINES:]
    records = (_tidy(record) for line in lines for record in dialect.records([line]))
    return not any(any(cells) and (_is_total(cells, width) or (filled(cells) == 1 and width > 2)) for cells in records)


def _ends_with_newline(path: Path) -> bool:
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - 4))
        return stream.read().rstrip(b"\0")[-1:] in (b"\n", b"\r")
