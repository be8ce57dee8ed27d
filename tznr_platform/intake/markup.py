"""Tables that are not written as tables: web pages (often named .xls), lists of JSON objects.

Here: their cells as rows of text, as a sheet. Not here: the choice among several (``sheets``), the header (``grid``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from tznr_platform.intake.arrivals import FileRefusedError
from tznr_platform.intake.sheets import Sheet

PAGE = re.compile(r"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype html|html|head|body|table|div|style|meta)\b",
                  re.IGNORECASE | re.DOTALL)
OBJECTS = re.compile(r"\s*(\[\s*[\[{]|\{)")
SPAN_LIMIT, BYTES_LIMIT = 1000, 50 << 20
Grid = list[list[str]]


def markup_of(sample: str) -> str | None:
    """``page`` or ``objects`` when a text starts as HTML or JSON, else None."""
    return "page" if PAGE.match(sample) else "objects" if OBJECTS.match(sample) else None


def open_markup(path: Path, encoding: str, kind: str) -> list[Sheet]:
    """The tables of a page, or the one of a list of objects; FILE_UNREADABLE when there is none."""
    if path.stat().st_size > BYTES_LIMIT:
        raise FileRefusedError("FILE_TOO_LARGE")
    text = path.read_text(encoding=encoding)
    grids = _page(text) if kind == "page" else [_objects(text)]
    found = [Sheet(rank, "", grid) for rank, grid in enumerate(grids, start=1) if grid]
    if not found:
        raise FileRefusedError("FILE_UNREADABLE")
    return found


def _page(text: str) -> list[Grid]:
    parser = _Tables()
    parser.feed(text)
    parser.close()
    if parser.is_nested:
        raise FileRefusedError("FILE_UNREADABLE")
    return parser.tables


class _Tables(HTMLParser):
    """Cells of the tables of a page; a cell that spans counts in each place, once for its text."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[Grid] = []
        self.is_nested = False
        self._is_open, self._hidden = False, 0
        self._cell: list[str] | None = None
        self._span = (1, 1)
        self._pending: dict[int, int] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style"):
            self._hidden += 1
        elif tag == "table":
            self._close_cell()
            self.is_nested = self.is_nested or self._is_open
            self.tables.append([])
            self._is_open, self._pending = True, {}
        elif tag == "tr" and self._is_open:
            self._close_cell()
            self.tables[-1].append([])
            self._fill_pending()
        elif tag in ("td", "th") and self._is_open:
            self._close_cell()
            if not self.tables[-1]:
                self.tables[-1].append([])
            given = dict(attrs)
            self._span = tuple(_span(given.get(name)) for name in ("colspan", "rowspan"))
            self._cell = []
        elif tag in ("br", "p", "div", "li") and self._cell is not None:
            self._cell.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._hidden = max(0, self._hidden - 1)
        elif tag in ("td", "th", "tr", "table"):
            self._close_cell()
            self._is_open = self._is_open and tag != "table"

    def handle_data(self, data: str) -> None:
        if self._cell is not None and not self._hidden:
            self._cell.append(data)

    def close(self) -> None:
        super().close()
        self._close_cell()

    def _close_cell(self) -> None:
        if self._cell is None:
            return
        row, (width, height) = self.tables[-1][-1], self._span
        if height > 1:
            self._pending |= dict.fromkeys(range(len(row), len(row) + width), height - 1)
        row += ["".join(self._cell), *[""] * (width - 1)]
        self._cell = None
        self._fill_pending()

    def _fill_pending(self) -> None:
        """Leave room for cells of the rows above that come down to this one."""
        row = self.tables[-1][-1]
        while self._pending.get(len(row), 0) > 0:
            self._pending[len(row)] -= 1
            row.append("")


def _span(text: str | None) -> int:
    return min(int(text), SPAN_LIMIT) if text and text.isdigit() and int(text) else 1


def _objects(text: str) -> Grid:
    """A list of objects (also one a line) or of lists as rows; the names of the first objects are the header."""
    try:
        items = json.loads(text)
    except ValueError:
        items = list(_lines(text))
    if not isinstance(items, list) or not items:
        raise FileRefusedError("FILE_UNREADABLE")
    if all(isinstance(item, dict) for item in items):
        names = list(dict.fromkeys(name for item in items for name in item))
        items = [names, *([item.get(name) for name in names] for item in items)]
    if not all(isinstance(item, list) for item in items):
        raise FileRefusedError("FILE_UNREADABLE")
    return [[_json_text(cell) for cell in item] for item in items]


def _lines(text: str) -> Iterator[object]:
    for line in filter(str.strip, text.splitlines()):
        try:
            yield json.loads(line)
        except ValueError:
            raise FileRefusedError("FILE_UNREADABLE") from None


def _json_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "oui" if value else "non"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
