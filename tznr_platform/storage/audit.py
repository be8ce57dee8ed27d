"""The append-only log of decisions: who may ask later what was decided, when, on which content.

Here: one JSON line per entry, each carrying the hash of the one before, so that a line changed, removed or
inserted shows. Never a personal value: facts are counts, codes and hashes.
"""

from __future__ import annotations

import hashlib
import json
import os

from tznr_platform.errors import ExitCode, UserError
from tznr_platform.settings import Settings
from tznr_platform.storage import lake, locks

GENESIS = "0" * 64


def append(settings: Settings, action: str, subject: str, **facts: object) -> str:
    """Add one entry, flushed to disk, and return its hash. ``facts`` must be JSON scalars."""
    path = settings.audit_file
    queue = locks.exclusive(path.with_suffix(".lock"), "le journal d'audit", wait=True)
    with lake.storage_errors(path), queue:
        lines = path.read_text().splitlines() if path.exists() else []
        previous = json.loads(lines[-1])["hash"] if lines else GENESIS
        entry = {"date": settings.today.isoformat(), "action": action, "subject": subject, "facts": facts,
                 "previous": previous}
        entry["hash"] = _digest(entry)
        with path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(entry, ensure_ascii=False, sort_keys=True) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
    return entry["hash"]


def verify(settings: Settings) -> int:
    """Count the entries after checking the whole chain; ``UserError`` STORAGE names the first broken line."""
    path = settings.audit_file
    lines = path.read_text().splitlines() if path.exists() else []
    previous = GENESIS
    for number, line in enumerate(lines, start=1):
        try:
            entry = json.loads(line)
            stated = entry.pop("hash")
            sound = entry["previous"] == previous and stated == _digest(entry)
        except (ValueError, KeyError, TypeError, AttributeError):
            sound = False
        if not sound:
            raise UserError("Le journal d'audit a été modifié.", where=f"{path.name}, ligne {number}",
                            why="l'empreinte de cette ligne ne correspond plus à la chaîne",
                            remedy="restaurer le journal depuis une sauvegarde et chercher qui l'a modifié",
                            exit_code=ExitCode.STORAGE)
        previous = stated
    return len(lines)


def _digest(entry: dict[str, object]) -> str:
    text = json.dumps(entry, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
