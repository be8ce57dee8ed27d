"""How the cells of a text file are told apart: separator, blanks before quotes, lines quoted whole.

Here: the separator under which most lines have the same number of cells, or under which the header holds names we
know; the records cut with it. Not here: which record is the header (``grid``).
"""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tznr_platform.intake.grid import SEARCHED, Line, header_score

SEPARATORS = ";,\t|"
NO_SEPARATOR = "\x1f"
ESCAPED_QUOTE = re.compile(r'[^\\"]\\"[^;,\t|\r\n"]')
TRIED, FRAMED = 300, 5000
csv.field_size_limit(1 << 24)


@dataclass(frozen=True)
class Dialect:
    """``separator`` is empty when there is a single column; ``is_wrapped``: each line is one quoted cell.

    ``skips_blanks``: before an opening quote; ``escapes``: a quote inside a cell follows a backslash.
    """

    separator: str
    skips_blanks: bool = False
    is_wrapped: bool = False
    escapes: bool = False

    @property
    def is_plain(self) -> bool:
        return bool(self.separator) and not (self.skips_blanks or self.is_wrapped or self.escapes)

    def records(self, lines: Iterable[str]) -> Iterator[list[str]]:
        """The records of lines of text; ``csv.Error`` when a cell has no end."""
        found = csv.reader(lines, delimiter=self.separator or NO_SEPARATOR, skipinitialspace=self.skips_blanks,
                           escapechar="\\" if self.escapes else None)
        if not self.is_wrapped:
            return found
        return (next(csv.reader(record, delimiter=self.separator)) if len(record) == 1 and record[0] else record
                for record in found)


def dialect_of(sample: str, known: set[str]) -> Dialect:
    """The dialect of a text from its first lines; ``known``: keys of the names that its header may hold."""
    return _best(sample, known, is_wrapped=False) or _best(sample, known, is_wrapped=True) or Dialect("")


def grid_of(records: Iterable[list[str]], limit: int = FRAMED) -> list[Line]:
    """The first records that are not blank: their number, their cells stripped."""
    tidied = ((line, [" ".join(cell.split()) for cell in record]) for line, record in enumerate(records, start=1))
    return list(itertools.islice((line for line in tidied if any(line[1])), limit))


def _best(sample: str, known: set[str], *, is_wrapped: bool) -> Dialect | None:
    best: tuple[tuple[int, float, int], Dialect] | None = None
    for separator in SEPARATORS:
        skips = re.search(re.escape(separator) + ' +"', sample) is not None
        dialect = Dialect(separator, skips, is_wrapped, ESCAPED_QUOTE.search(sample) is not None)
        try:
            grid = grid_of(dialect.records(io.StringIO(sample, newline="")), TRIED)
        except csv.Error:
            continue
        widths = Counter(len(cells) for _, cells in grid if len(cells) > 1)
        names = max((header_score(cells, known) for _, cells in grid[:SEARCHED]), default=0)
        if not widths or (2 * widths.total() <= len(grid) and names < 2):
            continue
        width, count = widths.most_common(1)[0]
        score = (names if names > 1 else 0, round(count / len(grid), 2), width)
        if best is None or score > best[0]:
            best = score, dialect
    return best and best[1]
