"""The append-only log of decisions: who may ask later what was decided, by whom, when, why, on which content.

Here: one entry a decision, in a journal whose lines are chained (``chain``). Never a personal value: facts are
counts, codes and hashes.
"""

from __future__ import annotations

import datetime as dt

from tznr_platform.discretion import scrubbed
from tznr_platform.errors import UserError
from tznr_platform.settings import Settings
from tznr_platform.storage import chain

WHAT = "le journal d'audit"


def append(settings: Settings, action: str, subject: str, *, why: str = "", **facts: object) -> str:
    """Add one entry, flushed to disk, and return its hash. ``facts`` must be JSON scalars.

    ``date`` is the day of the platform, which a rehearsal may shift; ``recorded_at`` the time of the machine (UTC).
    """
    return chain.append(settings.audit_file, {
        "date": settings.today.isoformat(), "recorded_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "operator": settings.operator, "action": action, "subject": subject, "why": why, "facts": facts}, WHAT)


def reason(why: str) -> str:
    """The reason of an act, which is kept for years: ``UserError`` when it is empty or holds a personal value."""
    if not why.strip() or scrubbed(why) != why:
        raise UserError("Le motif ne peut pas être inscrit.", where="--why",
                        why="il est vide, ou contient ce qui ressemble à une donnée personnelle",
                        remedy="écrire un motif sans nom, numéro, adresse ni identifiant")
    return why.strip()


def verify(settings: Settings) -> int:
    """Count the entries after checking the whole chain; ``UserError`` STORAGE names the first broken line."""
    return len(chain.entries(settings.audit_file, WHAT))
