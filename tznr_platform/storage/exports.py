"""CSV files the platform writes for people: a spreadsheet must show them, never run them.

Here: one way to write them (semicolon, UTF-8 with its mark, CRLF), cells that a spreadsheet would take for a formula
made harmless. Source: OWASP, CSV injection. Not here: Parquet and the files machines read.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import TextIO

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def csv_text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """The whole file as text; None is an empty cell. A number is written as it is, even below zero."""
    stream = io.StringIO()
    write_csv(stream, header, rows)
    return stream.getvalue()


def write_csv(stream: TextIO, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """The same to an open text stream (``newline=""``), row after row: nothing of it is held."""
    stream.write("\ufeff")
    writer = csv.writer(stream, delimiter=";", lineterminator="\r\n")
    writer.writerow([harmless(cell) for cell in header])
    writer.writerows([harmless(cell) for cell in row] for row in rows)


def harmless(cell: object) -> object:
    """A text that starts like a formula gets an apostrophe in front, which spreadsheets show as text."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_STARTS) else cell
