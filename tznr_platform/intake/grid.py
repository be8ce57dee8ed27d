"""Where the table lies in a grid of cells: its header, its columns, what surrounds it.

Here: the header found by the names we know or, without them, by what a header looks like above its records;
headers over several lines. Not here: how cells were cut out of a file (``dialect``, ``sheets``), what the columns
mean (``columns``).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from statistics import median

from tznr_platform.intake.arrivals import FileRefusedError
from tznr_platform.intake.columns import name_key

Line = tuple[int, Sequence[str]]
Merge = tuple[tuple[int, int], tuple[int, int]]
SEARCHED, SAMPLED, MISFITS = 30, 60, 5
MISSING = frozenset({"", "-", "--", "n/a", "na", "null", "none", "nan", "nc", "nd", ".", "..", "\\n", "?"})
NUMBER = re.compile(r"[-+(]?\s?[€$£]?\s?\d[\d\s.,\u00a0\u202f]*([eE][-+]?\d+)?\s?[%€$£)]?")
DATE = re.compile(r"\d{1,4}([-/.])\d{1,2}\1\d{1,4}([T ]\d{1,2}[:.h]\d{2}.*)?")
INFINITE = frozenset({"inf", "-inf", "+inf", "infinity", "-infinity"})


@dataclass(frozen=True)
class Frame:
    """A table in a grid. ``first_line`` to ``header_line``: its header (0 without one); ``left``: columns before it."""

    first_line: int
    header_line: int
    headers: tuple[str, ...]
    left: int = 0

    @property
    def width(self) -> int:
        return len(self.headers)


def find_frame(grid: Sequence[Line], known: set[str], merges: Iterable[Merge] = ()) -> Frame:
    """The table of a grid whose blank lines are left out; ``known``: keys of the names that its header may hold.

    ``FileRefusedError``: FILE_EMPTY, FILE_UNREADABLE without a table, HEADER_AMBIGUOUS.
    """
    if not grid:
        raise FileRefusedError("FILE_EMPTY")
    merges = list(merges)
    frame = _by_names(grid, known, merges) if known else None
    return frame or _by_looks(grid, merges)


def header_score(cells: Iterable[str], known: set[str]) -> int:
    """How many cells are names of columns we know."""
    return len({name_key(cell) for cell in cells} & known)


def filled(cells: Sequence[str]) -> int:
    return sum(1 for cell in cells if cell)


def _by_names(grid: Sequence[Line], known: set[str], merges: list[Merge]) -> Frame | None:
    """The header that holds most names, over the fewest lines; its first lines may be merged cells."""
    best: tuple[tuple[int, int], int, tuple[str, ...]] | None = None
    for start in range(min(len(grid), SEARCHED)):
        for span in (1, 2, 3):
            headers = tuple(_known_name(texts, known) for texts in _stacked(grid[start:start + span], merges))
            score = header_score(headers, known), -span
            if score[0] and (best is None or score > best[0]):
                best = score, start, headers
        if best and best[0][1] == -1 and 2 * best[0][0] > filled(best[2]):
            break
    if best is None:
        return None
    (_, span), start, headers = best
    lines = grid[start:start - span]
    return _framed(lines[0][0], lines[-1][0], headers, grid[start - span:])


def _by_looks(grid: Sequence[Line], merges: list[Merge]) -> Frame:
    """The first line about as full as those below it, and the merged or wordy lines that go with it."""
    start = next((index for index in range(min(len(grid), SEARCHED)) if _heads(grid, index)), None)
    if start is None:
        raise FileRefusedError("FILE_UNREADABLE" if len(grid) > 1 else "NO_ROWS")
    grid = [line for index, line in enumerate(grid) if index <= start or line[1] != grid[start][1]]
    end = _header_end(grid, start, merges)
    lines, body = grid[start:end + 1], [cells for _, cells in grid[end + 1:]]
    _refuse_blocks(merges, lines[-1][0])
    if len(lines) == 1 and _is_record(lines[0][1], body[:SAMPLED]):
        width = _right_edge(lines[0][1], grid[start + 1:])
        return Frame(0, 0, ("",) * width)
    headers = tuple(" ".join(dict.fromkeys(texts)) for texts in _stacked(lines, merges))
    frame = _framed(lines[0][0], lines[-1][0], headers, grid[end + 1:])
    if not body:
        raise FileRefusedError("NO_ROWS")
    if not (_is_table(frame, body) if frame.width > 1 else _is_lone_column(body)):
        raise FileRefusedError("FILE_UNREADABLE")
    return frame


def _heads(grid: Sequence[Line], index: int) -> bool:
    cells, below = grid[index][1], [filled(cells) for _, cells in grid[index + 1:index + 1 + SAMPLED]]
    usual = median(below) if below else filled(cells)
    if cells[0].startswith("#") and len(cells) != usual:
        return False
    return filled(cells) >= max(0.6 * usual, min(2, usual))


def _header_end(grid: Sequence[Line], start: int, merges: list[Merge]) -> int:
    """Index of the last line of the header that starts at an index; HEADER_AMBIGUOUS if it takes guessing."""
    end = start
    for (first, _), (last, _) in sorted(merges):
        if grid[start][0] <= first + 1 <= grid[end][0] < last + 1:
            end = next((index for index in range(len(grid) - 1, end, -1) if grid[index][0] <= last + 1), end)
    wordy = _wordy_end(grid, end)
    if wordy > end and not any(grid[start][0] <= first + 1 <= grid[wordy][0] for (first, _), _ in merges):
        raise FileRefusedError("HEADER_AMBIGUOUS")
    return wordy


def _wordy_end(grid: Sequence[Line], end: int) -> int:
    """The last of the lines that hold words where the records hold numbers."""
    sample = [cells for _, cells in grid[end + 1:end + 1 + SAMPLED]]
    numeric = [index for index, kind in enumerate(_column_kinds(sample)) if kind == "number"]
    while len(numeric) >= 2 and end + 1 < len(grid) - 1:
        kinds = [_kind(cell) for cell in _at(grid[end + 1][1], numeric)]
        if "number" in kinds or 2 * kinds.count("text") < len(kinds):
            break
        end += 1
    return end


def _framed(first: int, last: int, headers: Sequence[str], below: Sequence[Line]) -> Frame:
    """Drop the columns at either edge that have no name and no value."""
    right = _right_edge(headers, below)
    left = next((index for index in range(right)
                 if headers[index] or any(index < len(cells) and cells[index] for _, cells in below)), 0)
    return Frame(first, last, tuple(headers[left:right]), left)


def _right_edge(headers: Sequence[str], below: Sequence[Line]) -> int:
    right = len(headers)
    while right > 1 and not headers[right - 1] and not any(
            right <= len(cells) and cells[right - 1] for _, cells in below):
        right -= 1
    return right


def _stacked(lines: Sequence[Line], merges: list[Merge]) -> list[list[str]]:
    """For each column the texts of its header cells, top down; a merged cell counts in all its columns."""
    rows = []
    for line, cells in lines:
        row = list(cells)
        for (first, left), (last, right) in merges:
            if len(lines) > 1 and first + 1 <= line <= last + 1 and right > left and first + 1 == line:
                row[left:right + 1] = [row[left]] * (min(right + 1, len(row)) - left)
        rows.append(row)
    return [[text for text in column if text] for column in zip_longest(*rows, fillvalue="")]


def _known_name(texts: list[str], known: set[str]) -> str:
    """The one of the texts, or their sequence, that is a name we know; else all of them."""
    together = " ".join(dict.fromkeys(texts))
    return next((text for text in [*reversed(texts), together] if name_key(text) in known), together)


def _refuse_blocks(merges: list[Merge], header_line: int) -> None:
    """A block of merged cells below the header hides which record a value belongs to."""
    if any(top + 1 > header_line and bottom > top and right > left
           for (top, left), (bottom, right) in merges):
        raise FileRefusedError("HEADER_AMBIGUOUS")


def _is_record(first: Sequence[str], body: Sequence[Sequence[str]]) -> bool:
    """Whether the first line is a record like the others: there is no header."""
    if not body:
        return False
    typed = 0
    for cell, kind in zip(first, _column_kinds(body), strict=False):
        found = _kind(cell)
        if found and kind and (found != kind):
            return False
        typed += bool(found) and kind in ("number", "date")
    same = sum(tuple(cells) == tuple(first) for cells in body)
    return same > len(body) / 2 if not typed else not _is_scale(first)


def _is_scale(cells: Sequence[str]) -> bool:
    """Years in a row are names of columns."""
    years = [int(cell) if cell.isdigit() else 0 for cell in cells if _kind(cell) == "number"]
    steps = {after - before for before, after in pairwise(years)}
    if not all(1900 <= year <= 2100 for year in years):
        return False
    return steps in ({1}, {-1}) or (len(years) > 2 and (min(steps) > 0 or max(steps) < 0))


def _is_table(frame: Frame, body: Sequence[Sequence[str]]) -> bool:
    """Whether the records fill the columns: a page of text with a few aligned words does not."""
    right = frame.left + frame.width
    misfits = sum(len(cells) < right or any(cells[right:]) for cells in body)
    is_sparse = frame.width > 2 and median(map(filled, body)) < 2
    return not is_sparse and (misfits < MISFITS or misfits <= len(body) / 5)


def _is_lone_column(body: Sequence[Sequence[str]]) -> bool:
    """A single column is taken for a table only when words stand above numbers or dates."""
    return bool(body) and _column_kinds(body)[0] not in ("", "text")


def _column_kinds(body: Sequence[Sequence[str]]) -> list[str]:
    """The kind of most values of each column: number, date, text, or nothing."""
    kinds = []
    for column in zip_longest(*body, fillvalue=""):
        counts = Counter(filter(None, map(_kind, column)))
        kind, count = counts.most_common(1)[0] if counts else ("", 0)
        kinds.append(kind if 2 * count > counts.total() else "mixed" if kind else "")
    return kinds


def _kind(cell: str) -> str:
    text = cell.strip().lower()
    if text in MISSING:
        return ""
    if DATE.fullmatch(text):
        return "date"
    return "number" if NUMBER.fullmatch(text) or text in INFINITE else "text"


def _at(cells: Sequence[str], indexes: Sequence[int]) -> list[str]:
    return [cells[index] if index < len(cells) else "" for index in indexes]
