"""What a file is by its first bytes, and what may be unpacked of it.

Here: archives, compressed files and workbooks are looked at before anything is unpacked: declared size, ratio,
number of entries, XML declarations that call something else, extent of a sheet. Then they are read under a cap,
their checksums verified. Not here: the tables inside (``reading``, ``sheets``).
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

import numpy as np

from tznr_platform.intake.arrivals import FileRefusedError

DECLARED_BYTES, RATIO, ENTRIES = 200 << 20, 100, 200
CELLS = 20_000_000
NEWLINE = ord("\n")
CHUNK_BYTES = 1 << 20
OPENERS: dict[str, Callable[[Path], IO[bytes]]] = {"gzip": gzip.open, "bzip2": bz2.open, "xz": lzma.open}
SIGNATURES = ((b"PK\x03\x04", "zip"), (b"PK\x05\x06", "zip"), (b"\xd0\xcf\x11\xe0", "xls"), (b"\x1f\x8b", "gzip"),
              (b"BZh", "bzip2"), (b"\xfd7zXZ\x00", "xz"), (b"PAR1", "parquet"), (b"%PDF", "pdf"),
              (b"Rar!", "rar"), (b"7z\xbc\xaf", "7z"))
CORRUPT = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, RuntimeError, NotImplementedError, ValueError)
HIDDEN = re.compile(r"(^|/)(\.(?!\.?/)|__MACOSX/|~\$)")
XML_CALLS = (b"<!DOCTYPE", b"<!ENTITY")
ROW_TAGS = (b"<row", b"<table:table-row")
CELL_TAGS = (b"<c ", b"<c>", b"<table:table-cell", b"<table:covered-table-cell")
CELL_PLACE = re.compile(rb'<c [^>]*?r="([A-Z]{1,3})\d')
ROW_PLACE = re.compile(rb'^ [^>]*?r="(\d{1,9})"')
REPEATED_ROWS = re.compile(rb'^[^>]*number-rows-repeated="(\d{1,9})"')
REPEATED_COLUMNS = re.compile(rb'number-columns-repeated="(\d{1,9})"')
VALUES = (b"<v>", b"<is>", b"<text:p", b"value-type=")


def kind_of(path: Path) -> str:
    """``text``, ``workbook`` (XLSX, ODS), ``xls``, ``zip``, ``gzip``, ``bzip2``, ``xz``, or a kind nothing reads."""
    with path.open("rb") as stream:
        head = stream.read(8)
    kind = next((kind for signature, kind in SIGNATURES if head.startswith(signature)), "text")
    return "workbook" if kind == "zip" and _is_workbook(path) else kind


def is_packed(path: Path) -> bool:
    """Whether the file must be unpacked before it can be read."""
    kind = kind_of(path)
    return kind == "zip" or kind in OPENERS


def measure(stream: IO[bytes]) -> tuple[str, int, int]:
    """sha256 of a stream, its number of lines (empty ones at the end not counted), its number of bytes."""
    digest, lines, size, tail = hashlib.sha256(), 0, 0, b""
    while chunk := stream.read(CHUNK_BYTES):
        digest.update(chunk)
        lines += int(np.count_nonzero(np.frombuffer(chunk, np.uint8) == NEWLINE))
        size += len(chunk)
        tail = (tail + chunk)[-4096:]
    stripped = tail.rstrip(b"\r\n")
    return digest.hexdigest(), lines - tail[len(stripped):].count(b"\n") + 1, size


def size(path: Path, member: str | None) -> int:
    """Bytes of a file as it lies, or of a member of an archive once unpacked."""
    if member is None:
        return path.stat().st_size
    with _archive(path) as archive:
        return archive.getinfo(member).file_size


def members(path: Path) -> list[str]:
    """The files of an archive worth reading, by name; ``FileRefusedError`` as ``inspect``."""
    with _archive(path) as archive:
        return [entry.filename for entry in archive.infolist()
                if not entry.is_dir() and not HIDDEN.search(entry.filename)]


def unpack(path: Path, member: str | None, target: Path, max_bytes: int) -> Path:
    """Write a compressed file, or one member of an archive, to ``target``.

    ``FileRefusedError``: ARCHIVE_UNSAFE, FILE_TOO_LARGE above ``max_bytes``, FILE_TRUNCATED, FILE_UNREADABLE when it
    is damaged.
    """
    abnormal = max(RATIO * path.stat().st_size, CHUNK_BYTES)
    with opened(path, member) as packed, target.open("wb") as plain:
        written = 0
        while chunk := packed.read(CHUNK_BYTES):
            written += len(chunk)
            if written > abnormal:
                raise FileRefusedError("ARCHIVE_UNSAFE")
            if written > max_bytes:
                raise FileRefusedError("FILE_TOO_LARGE")
            plain.write(chunk)
    return target


@contextmanager
def opened(path: Path, member: str | None) -> Iterator[IO[bytes]]:
    """The bytes of a compressed file, or of one member of an archive, as a stream."""
    with _damage_told():
        if member is None:
            with OPENERS[kind_of(path)](path) as stream:
                yield stream
        else:
            with _archive(path) as archive, archive.open(member) as stream:
                yield stream


def inspect_workbook(path: Path) -> None:
    """Verify a workbook before a library opens it; ARCHIVE_UNSAFE, FORMAT_UNSUPPORTED, FILE_UNREADABLE if damaged."""
    with _damage_told(), _archive(path) as archive:
        for entry in archive.infolist():
            if entry.filename.endswith("workbook.bin"):
                raise FileRefusedError("FORMAT_UNSUPPORTED")
            with archive.open(entry) as stream:
                _inspect_part(entry.filename, stream)


@contextmanager
def _damage_told() -> Iterator[None]:
    try:
        yield
    except (EOFError, lzma.LZMAError) as error:
        truncated = isinstance(error, EOFError) or "end of" in str(error)
        raise FileRefusedError("FILE_TRUNCATED" if truncated else "FILE_UNREADABLE") from None
    except FileNotFoundError:
        raise
    except CORRUPT:
        raise FileRefusedError("FILE_UNREADABLE") from None


@contextmanager
def _archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """An archive whose directory announces nothing abnormal."""
    with _damage_told():
        archive = zipfile.ZipFile(path)
    with archive:
        entries = archive.infolist()
        declared = sum(entry.file_size for entry in entries)
        packed = max(path.stat().st_size, 1)
        if declared > DECLARED_BYTES or declared > max(RATIO * packed, CHUNK_BYTES) or len(entries) > ENTRIES:
            raise FileRefusedError("ARCHIVE_UNSAFE")
        yield archive


def _is_workbook(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()[:ENTRIES]
    except CORRUPT:
        return path.suffix.lower() != ".zip"
    return "[Content_Types].xml" in names or {"mimetype", "content.xml"} <= set(names)


def _inspect_part(name: str, stream: IO[bytes]) -> None:
    """Read a part of a workbook to its end, which verifies its checksum, looking at XML only."""
    is_sheet = PurePosixPath(name).match("worksheets/*.xml") or name == "content.xml"
    extent, rest = Extent(), b""
    while chunk := stream.read(CHUNK_BYTES):
        if not name.endswith((".xml", ".rels")):
            continue
        text = rest + chunk
        if any(call in text for call in XML_CALLS):
            raise FileRefusedError("ARCHIVE_UNSAFE")
        last_row = max(map(text.rfind, ROW_TAGS)) if is_sheet else -1
        cut = last_row if last_row > 0 and len(text) - last_row < CHUNK_BYTES else len(text) - 32
        extent.add(text[:cut] if is_sheet else b"")
        rest = text[cut:]
    extent.add(rest if is_sheet else b"")
    if extent.cells > CELLS:
        raise FileRefusedError("ARCHIVE_UNSAFE")


class Extent:
    """How many cells the sheets of a part span: a library makes room for all of them, filled or not."""

    def __init__(self) -> None:
        self._position, self._rows, self._columns, self._done = 0, 0, 0, 0

    def add(self, xml: bytes) -> None:
        """Look at some more rows of the XML of a sheet."""
        for row in re.split(b"|".join(ROW_TAGS), xml)[1:]:
            place, repeated = ROW_PLACE.search(row), REPEATED_ROWS.search(row)
            self._position = int(place[1]) if place else self._position + (int(repeated[1]) if repeated else 1)
            if (end := max(map(row.rfind, VALUES))) >= 0:
                self._rows = max(self._rows, self._position)
                self._columns = max(self._columns, _width(row[:row.find(b">", end)]))
            if b"</table:table>" in row:
                self._position, self._rows, self._columns, self._done = 0, 0, 0, self.cells

    @property
    def cells(self) -> int:
        return self._done + self._rows * self._columns


def _width(row: bytes) -> int:
    """Rank of the last cell of a row, told by its place, or by the cells before it."""
    counted = sum(map(row.count, CELL_TAGS)) + sum(map(int, REPEATED_COLUMNS.findall(row)))
    return max(counted, _column_number(places[-1]) if (places := CELL_PLACE.findall(row)) else 0)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + letter - 64
    return number


