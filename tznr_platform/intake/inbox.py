"""What lies in the inbox: files, members of archives, what is still being written.

Here: the walk, sizes and dates. Not here: what the files are (``scan``), how archives are opened (``containers``).
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import NamedTuple

from tznr_platform.errors import UserError
from tznr_platform.intake import containers
from tznr_platform.intake.arrivals import FileRefusedError

TEXT_SUFFIXES, SHEET_SUFFIXES = {".csv", ".txt", ".tsv"}, {".xlsx", ".xlsm", ".xls", ".ods"}
PACKED_SUFFIX, ARCHIVE_SUFFIX = ".gz", ".zip"
BEING_WRITTEN_SUFFIXES = {".part", ".partial", ".tmp", ".crdownload", ".filepart", ".swp"}
BEING_WRITTEN_PREFIXES = ("~$", ".~lock.")
IGNORED_NAMES = {"Thumbs.db", "desktop.ini"}
YOUNG_SECONDS, SECOND_LOOK_SECONDS = 3.0, 0.3
State = tuple[int, int]


class Piece(NamedTuple):
    """A file of the inbox, or a member of an archive that lies there."""

    path: Path
    member: str | None = None

    @property
    def place(self) -> PurePath:
        """Where it lies, the archive being a folder; for its name only, never to be opened."""
        return self.path if self.member is None else PurePath(f"{self.path}/{self.member}")

    @property
    def table_name(self) -> PurePath:
        """The place without the suffix of a compressed file."""
        return self.place.with_suffix("") if self.place.suffix.lower() == PACKED_SUFFIX else self.place

    @property
    def is_of_known_format(self) -> bool:
        return self.table_name.suffix.lower() in TEXT_SUFFIXES | SHEET_SUFFIXES


def inbox_paths(inbox: Path) -> list[Path]:
    """The files of the inbox and of its folders; ``UserError`` INPUT when it is missing or empty."""
    if not inbox.is_dir():
        raise UserError("La boîte de réception est introuvable.", where=str(inbox),
                        why="elle n'existe pas, ou ce n'est pas un dossier",
                        remedy="vérifier le chemin donné, ou préparer des données d'essai")
    paths = list(_walk(inbox))
    if not paths:
        raise UserError("La boîte de réception est vide.", where=str(inbox),
                        why="elle ne contient aucun fichier",
                        remedy="y déposer les fichiers des émetteurs, puis relancer")
    return paths


def pieces_of(path: Path) -> list[Piece]:
    """The members of an archive, or the file itself: also an archive that must not be opened."""
    if path.suffix.lower() == ARCHIVE_SUFFIX and path.is_file():
        try:
            return [Piece(path, member) for member in containers.members(path)] or [Piece(path)]
        except (FileRefusedError, OSError):
            pass
    return [Piece(path)]


def refuse_from_outside(piece: Piece, max_bytes: int, *, is_moving: bool) -> None:
    """Refuse what needs no look inside: a file still being written, a folder, a file that is empty or too large."""
    path, suffixes = piece.path, {piece.path.suffix.lower(), piece.place.suffix.lower()}
    if is_moving or suffixes & BEING_WRITTEN_SUFFIXES or path.name.startswith(BEING_WRITTEN_PREFIXES):
        raise FileRefusedError("FILE_BEING_WRITTEN")
    state = state_of(path)
    if state is None:
        raise FileRefusedError("FILE_UNREADABLE")
    if not stat.S_ISREG(path.stat().st_mode):
        raise FileRefusedError("NOT_A_FILE")
    if not state[0]:
        raise FileRefusedError("FILE_EMPTY")
    if state[0] > max_bytes:
        raise FileRefusedError("FILE_TOO_LARGE")
    if piece.member is None and path.suffix.lower() == ARCHIVE_SUFFIX and not containers.members(path):
        raise FileRefusedError("FILE_EMPTY")
    if not piece.is_of_known_format:
        raise FileRefusedError("FORMAT_UNSUPPORTED")


def still_changing(states: dict[Path, State | None]) -> set[Path]:
    """Among the files changed a moment ago, those that change while we look."""
    now = time.time()
    young = {path: state for path, state in states.items() if state and now - state[1] / 1e9 < YOUNG_SECONDS}
    if not young:
        return set()
    time.sleep(SECOND_LOOK_SECONDS)
    return {path for path, state in young.items() if state_of(path) != state}


def state_of(path: Path) -> State | None:
    """Size and date of last change of a file; None when it cannot be reached."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


def _walk(folder: Path) -> Iterator[Path]:
    """Files, and folders that bear the name of a file; hidden files of the system are passed over."""
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        path = Path(entry.path)
        hidden = entry.name.startswith(".") and not entry.name.startswith(BEING_WRITTEN_PREFIXES)
        if hidden or entry.name in IGNORED_NAMES:
            continue
        if entry.is_dir() and path.suffix.lower() not in TEXT_SUFFIXES | SHEET_SUFFIXES:
            yield from _walk(path)
        else:
            yield path
