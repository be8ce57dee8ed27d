"""One at a time: exclusive locks between processes.

Here: the operating-system file lock that guards the warehouse, the lake and the audit log. It vanishes with
its process, so a crash never leaves a lock behind.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tznr_platform.errors import ExitCode, UserError


@contextmanager
def exclusive(path: Path, what: str, *, wait: bool = False) -> Iterator[None]:
    """Hold the lock file ``path`` for the block; ``UserError`` BUSY at once if another process holds it.

    ``what`` names in French what is locked; ``wait=True`` queues instead (for writes of a few milliseconds).
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        os.close(handle)
        raise busy(what, path) from None
    try:
        yield
    finally:
        os.close(handle)


def busy(what: str, where: Path) -> UserError:
    """The refusal shown when someone else is writing."""
    return UserError(f"Un autre traitement utilise déjà {what}.", where=str(where),
                     why="un seul traitement peut y écrire à la fois",
                     remedy="attendre qu'il se termine (voir l'interface), puis relancer la même commande",
                     exit_code=ExitCode.BUSY)
