"""Append-only journals: one JSON line an entry, each with the hash of the one before.

Here: a line changed, removed, moved or inserted shows. Used by the audit log and by the ledger of data-subject
requests. Not here: what an entry says; never a personal value.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from tznr_platform.errors import ExitCode, UserError
from tznr_platform.storage import lake, locks

GENESIS = "0" * 64


def append(path: Path, entry: Mapping[str, object], what: str) -> str:
    """Add one entry, flushed to disk, and return its hash; ``what`` names the journal in French. JSON scalars only."""
    with lake.storage_errors(path), locks.exclusive(path.with_suffix(".lock"), what, wait=True):
        lines = _lines(path)
        previous = json.loads(lines[-1])["hash"] if lines else GENESIS
        sealed = {**entry, "previous": previous}
        sealed["hash"] = _digest(sealed)
        with path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(sealed, ensure_ascii=False, sort_keys=True) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
    return sealed["hash"]


def entries(path: Path, what: str) -> list[dict[str, object]]:
    """Every entry after checking the whole chain; ``UserError`` STORAGE names the first broken line."""
    previous, found = GENESIS, []
    for number, line in enumerate(_lines(path), start=1):
        try:
            entry = json.loads(line)
            stated = entry.pop("hash")
            sound = entry["previous"] == previous and stated == _digest(entry)
        except (ValueError, KeyError, TypeError, AttributeError):
            sound = False
        if not sound:
            raise UserError(f"{what[:1].upper()}{what[1:]} a été modifié.", where=f"{path.name}, ligne {number}",
                            why="l'empreinte de cette ligne ne correspond plus à la chaîne",
                            remedy="le restaurer depuis une sauvegarde et chercher qui l'a modifié",
                            exit_code=ExitCode.STORAGE)
        previous = stated
        found.append({**entry, "hash": stated})
    return found


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def _digest(entry: Mapping[str, object]) -> str:
    text = json.dumps(entry, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
