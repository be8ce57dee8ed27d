"""Which files hold a person, whatever their format: identifiers are sought in their bytes, packed or not.

Here: the senders' originals, lists for the bodies, any file of the data directory. A reader of one format could miss
a line that another would see; 64 hexadecimal characters are the same everywhere. Not here: tables of the lake, which
name persons by an integer (``storage.rebuild``).
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import zipfile
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import BinaryIO

from tznr_platform.privacy.pseudonym import AnalysisKey
from tznr_platform.settings import Settings
from tznr_platform.storage import lake

HEXADECIMAL = re.compile(rb"[0-9a-fA-F]{64,}")
LENGTH = 64
CHUNK_BYTES = 8 << 20
UNPACKED_LIMIT_BYTES = 4 << 30
UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, OSError, ValueError)


class Seeker:
    """Recognises some persons by their exchange identifier or their pseudonym; what it met is kept in memory only.

    Without a key (it has been destroyed), pseudonyms alone are recognised.
    """

    def __init__(self, key: AnalysisKey | None, pseudonyms: Collection[str]) -> None:
        self._key, self._sought = key, frozenset(pseudonyms)
        self._met: dict[str, bool] = {}

    def is_sought(self, token: str) -> bool:
        """The token, of 64 hexadecimal characters in lower case, is one of the persons'."""
        found = self._met.get(token)
        if found is None:
            second = self._key.second_pass(token) if self._key else None
            found = self._met[token] = token in self._sought or second in self._sought
        return found

    def is_in(self, path: Path) -> bool:
        """The file holds one of the persons."""
        return any(self.is_sought(token) for stream in _streams(path) for token in _tokens(stream))

    def is_answered(self, path: Path, answered: Collection[str]) -> bool:
        """A file that holds them is known by its SHA-256, or else every member of it that holds them is."""
        with path.open("rb") as stream:
            if _sha256(stream) in answered:
                return True
            holding = [_sha256(member) for member in _unpacked(stream, is_deep=False)
                       if any(self.is_sought(token) for part in _member(member) for token in _tokens(part))]
        return bool(holding) and all(sha256 in answered for sha256 in holding)

    def write_without(self, path: Path) -> None:
        """Replace a list (one person a line) by one without the lines of these persons."""
        lines = path.read_bytes().splitlines(keepends=True)
        kept = [line for line in lines if not any(map(self.is_sought, _tokens(io.BytesIO(line))))]
        lake.atomic_write_bytes(path, b"".join(kept), mode=0o600)


def originals(settings: Settings) -> list[Path]:
    """The files senders left: those of the inbox, and those read from another one that are still there."""
    inbox = settings.inbox_dir
    found = {path for path in (inbox.rglob("*") if inbox.is_dir() else ()) if path.is_file()}
    return sorted(found | {path for name in read_hashes(settings) if (path := _on_disk(name))})


def read_hashes(settings: Settings) -> dict[Path, str]:
    """SHA-256 of each file the reception has read, by place; a member of an archive is placed under it."""
    try:
        seen = json.loads((settings.lake_dir / "register" / "arrivals.json").read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return {Path(name): known[2] for name, known in seen.items()}


def _on_disk(path: Path) -> Path | None:
    """The file itself, or the archive of which it is a member."""
    return next((place for place in (path, *path.parents) if place.is_file()), None)


def _streams(path: Path) -> Iterator[BinaryIO]:
    """The file, then what is packed in it; what cannot be unpacked was never read, and is left."""
    with path.open("rb") as stream:
        yield stream
        yield from _unpacked(stream)


def _unpacked(stream: BinaryIO, *, is_deep: bool = True) -> Iterator[BinaryIO]:
    stream.seek(0)
    start = stream.read(4)
    stream.seek(0)
    try:
        if start[:2] == b"\x1f\x8b":
            with gzip.open(stream) as inner:
                yield inner
        elif start == b"PK\x03\x04":
            with zipfile.ZipFile(stream) as archive:
                for member in archive.infolist():
                    with archive.open(member) as inner:
                        yield from _member(inner) if is_deep else (inner,)
    except UNREADABLE:
        return


def _member(inner: BinaryIO) -> Iterator[BinaryIO]:
    """A member of an archive; a packed one (a workbook, a gzip) is unpacked in turn."""
    inner.seek(0)
    start = inner.read(4)
    inner.seek(0)
    if start == b"PK\x03\x04" or start[:2] == b"\x1f\x8b":
        copy = io.BytesIO(inner.read(UNPACKED_LIMIT_BYTES >> 3))
        yield copy
        yield from _unpacked(copy)
    else:
        yield inner


def _tokens(stream: BinaryIO) -> Iterator[str]:
    """Every run of 64 hexadecimal characters, in lower case; UTF-16 is read with its zero bytes left out."""
    stream.seek(0)
    tail, total = b"", 0
    while (chunk := stream.read(CHUNK_BYTES)) and total <= UNPACKED_LIMIT_BYTES:
        total += len(chunk)
        text = tail + chunk
        for view in (text, text.replace(b"\0", b"")) if b"\0" in text else (text,):
            for run in set(HEXADECIMAL.findall(view)):
                for start in range(len(run) - LENGTH + 1):
                    yield run[start:start + LENGTH].decode().lower()
        tail = text[-2 * LENGTH:]


def _sha256(stream: BinaryIO) -> str:
    stream.seek(0)
    return hashlib.file_digest(stream, "sha256").hexdigest()
