"""What a file looks like: encoding, separator, header line, columns; read from its first bytes.

Here: detection, and the refusals it leads to. Not here: reading the rows (``batch``) or straightening an
odd file (``normalise``). Messages never quote a header that is not ours: without a header line, it is a
value.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tznr_platform import contracts
from tznr_platform.intake.arrivals import FileRefusedError
from tznr_platform.privacy.screen import fold, nominative_headers

HEAD_BYTES = 64 * 1024
HEADER_SEARCH_LINES = 30
DELIMITERS = ";,\t|"
UNDEFINED_CP1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


@dataclass(frozen=True)
class Shape:
    """How to read a file. ``columns``: for each column of the file the field it holds, None if ignored."""

    encoding: str
    delimiter: str
    header_line: int
    headers: tuple[str, ...]
    columns: tuple[str | None, ...] = ()

    @property
    def is_regular(self) -> bool:
        """Whether DuckDB may read it, once in UTF-8, a row a line from line 2."""
        return self.header_line == 1

    @property
    def ignored_count(self) -> int:
        return sum(column is None for column in self.columns)


def is_spreadsheet(head: bytes) -> bool:
    """XLSX and ODS are zip archives, whatever the name says."""
    return head.startswith(b"PK\x03\x04")


def shape_of_text(path: Path, names: Iterable[str]) -> Shape:
    """Shape of a text file whose header holds some of ``names``; ``FileRefusedError`` otherwise."""
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    encoding = detect_encoding(head)
    text = head.decode(encoding, errors="ignore").removeprefix("\ufeff")
    if CONTROLS.search(text):
        raise FileRefusedError("FILE_UNREADABLE")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[:HEADER_SEARCH_LINES]
    number, cells, delimiter = _header(lines, {fold(name) for name in names})
    if len(cells) == 1:
        raise FileRefusedError("SEPARATOR_UNKNOWN")
    return Shape(encoding, delimiter, number, tuple(cells))


def _header(lines: list[str], known: set[str]) -> tuple[int, list[str], str]:
    """Number, cells, separator of the header: the first line of mostly known columns, else the likeliest."""
    best: tuple[tuple[int, int], int, list[str], str] | None = None
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        for delimiter in DELIMITERS:
            cells = _cells(line, delimiter)
            score = (header_score(cells, known), len(cells) if best is None or best[1] == number else 0)
            if best is None or score > best[0]:
                best = (score, number, cells, delimiter)
        if 2 * best[0][0] > len(best[2]):
            break
    if best is None:
        raise FileRefusedError("FILE_EMPTY")
    return best[1:]


def detect_encoding(head: bytes) -> str:
    """``utf-8``, ``utf-16`` or ``cp1252`` from the first bytes; ``FileRefusedError`` otherwise."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if head[1:2] == b"\0" and head.count(b"\0") > len(head) // 3:
        return "utf-16-le"
    try:
        head[:-4].decode("utf-8") if len(head) == HEAD_BYTES else head.decode("utf-8")
        return "utf-8"
    except UnicodeDecodeError as error:
        if len(head) == HEAD_BYTES and error.start > HEAD_BYTES - 8:
            return "utf-8"
    if UNDEFINED_CP1252.search(head) or b"\0" in head:
        raise FileRefusedError("ENCODING_UNKNOWN")
    return "cp1252"


def header_score(cells: Sequence[str], known: set[str]) -> int:
    """How many cells are names of columns we know."""
    return len({fold(cell) for cell in cells} & known)


def table_of_headers(headers: Sequence[str]) -> str | None:
    """The one table whose mandatory columns are all there; None when none or several are."""
    folded = {fold(header) for header in headers}
    found = [contract.name for contract in contracts.contracts().values()
             if {fold(field.name) for field in contract.fields if field.required} <= folded]
    return found[0] if len(found) == 1 else None


def match_columns(headers: Sequence[str], contract: contracts.Contract) -> tuple[str | None, ...]:
    """The field of each column; ``FileRefusedError`` if one names people, comes twice or is missing."""
    fields = {fold(field.name): field.name for field in contract.fields}
    columns = tuple(fields.get(fold(header)) for header in headers)
    unknown = [header for header, column in zip(headers, columns, strict=True) if column is None]
    if contract.sender_kind != "open_data" and (words := nominative_headers(unknown)):
        raise FileRefusedError("NOMINATIVE_COLUMN", ", ".join(words))
    present = [column for column in columns if column is not None]
    if doubles := sorted({column for column in present if present.count(column) > 1}):
        raise FileRefusedError("FILE_UNREADABLE", "colonne en double : " + ", ".join(doubles))
    if missing := [field.name for field in contract.fields if field.required and field.name not in present]:
        raise FileRefusedError("COLUMN_MISSING", ", ".join(missing))
    return columns


def _cells(line: str, delimiter: str) -> list[str]:
    return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter))]
