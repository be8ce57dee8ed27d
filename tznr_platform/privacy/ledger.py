"""The ledger of data-subject requests: what was asked, until when it must be answered, what became of it.

Here: its lines, the requests they make, the deadlines, the token of the subject. Not here: the acts (``requests``).
Source: RGPD article 12 (one month); methods 8.1 (fields; 48 hours for an opposition, our own rule).

A chained journal apart from the lake: a line is an act, a request is the sum of its lines. The subject is a token,
HMAC-SHA-256 of the exchange identifier under a key that serves for nothing else: the ledger joins with nothing.
"""

from __future__ import annotations

import calendar
import datetime as dt
import hmac
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tznr_platform.errors import UserError
from tznr_platform.privacy import keyfile
from tznr_platform.privacy.persons import P1_FORM
from tznr_platform.settings import Settings
from tznr_platform.storage import audit, chain

WHAT = "le registre des demandes"
KEY_VERSION, KEY_NAME = "KR-1", "clé du registre des demandes"
OPPOSITION, ERASURE, ACCESS, RECTIFICATION, LIMITATION = (
    "opposition", "effacement", "acces", "rectification", "limitation")
TYPES = {OPPOSITION: "Opposition", ERASURE: "Effacement", ACCESS: "Accès", RECTIFICATION: "Rectification",
         LIMITATION: "Limitation"}
CHANNELS = ("courriel", "courrier", "territoire", "autre")
ACCEPTED, REFUSED = "accepted", "refused"
TO_DECIDE, TO_EXECUTE, EXECUTED, DECLINED, WITHDRAWN = (
    "à décider", "à exécuter", "exécutée", "refusée", "retirée")
OPPOSITION_DAYS = 2


@dataclass(frozen=True)
class Request:
    """A request as its lines left it. ``due_date``: the legal one; ``scope``: all the data, no narrower one exists."""

    request_id: str
    received_date: dt.date
    channel_code: str
    request_type_code: str
    subject_token: str = field(repr=False)
    due_date: dt.date
    scope: str = "all"
    decision_code: str | None = None
    executed_date: dt.date | None = None
    withdrawn_date: dt.date | None = None
    receipt_hash: str | None = None

    @property
    def status(self) -> str:
        """What a reader of the ledger sees."""
        if self.withdrawn_date:
            return WITHDRAWN
        if self.executed_date:
            return EXECUTED
        return {None: TO_DECIDE, ACCEPTED: TO_EXECUTE, REFUSED: DECLINED}[self.decision_code]

    @property
    def limit_date(self) -> dt.date:
        """The last day we allow ourselves: 48 hours for an opposition, the legal day for the others."""
        if self.request_type_code == OPPOSITION:
            return self.received_date + dt.timedelta(days=OPPOSITION_DAYS)
        return self.due_date

    def days_left(self, today: dt.date) -> int:
        """Below zero when the request is late."""
        return (self.limit_date - today).days


def read(settings: Settings) -> list[Request]:
    """Every request, oldest first, after checking the chain; ``UserError`` STORAGE names the first broken line."""
    found: dict[str, dict[str, str]] = {}
    for line in chain.entries(ledger_file(settings), WHAT):
        found.setdefault(line["request_id"], {}).update(
            {name: value for name, value in line.items() if name in Request.__dataclass_fields__})
    return [Request(**{name: dt.date.fromisoformat(value) if value and name.endswith("_date") else value
                       for name, value in known.items()}) for known in found.values()]


def deadlines(settings: Settings) -> list[Request]:
    """The requests that wait for something, the most urgent first."""
    return sorted((request for request in read(settings) if request.status in {TO_DECIDE, TO_EXECUTE}),
                  key=lambda request: (request.limit_date, request.request_id))


def record(settings: Settings, request: Request, act: str, why: str) -> None:
    """Write the request as an act leaves it; the act and its reason go to the audit log, without the token."""
    values = {name: value.isoformat() if isinstance(value, dt.date) else value
              for name, value in asdict(request).items()}
    line = {**values, "act": act, "date": settings.today.isoformat(), "operator_code": settings.operator}
    line_hash = chain.append(ledger_file(settings), line, WHAT)
    audit.append(settings, f"request_{act}", request.request_id, why=why, type=request.request_type_code,
                 decision=request.decision_code, ledger_hash=line_hash)


def due_date(received: dt.date) -> dt.date:
    """One month later, the last day of a shorter month (règlement 1182/71, article 3)."""
    year, month = divmod(received.year * 12 + received.month, 12)
    return dt.date(year, month + 1, min(received.day, calendar.monthrange(year, month + 1)[1]))


def subject_token(settings: Settings, subject: str) -> str:
    """The token of an exchange identifier; ``UserError`` INPUT when it is none, CONFIGURATION without the key."""
    if not re.fullmatch(P1_FORM, subject):
        raise UserError("La personne n'est pas désignée par un identifiant d'échange.", where="identifiant donné",
                        why="il faut 64 caractères hexadécimaux, et rien d'autre",
                        remedy="produire l'identifiant avec l'outil des émetteurs : tznr pseudonymise")
    key = keyfile.read(settings.requests_key_file, KEY_VERSION, KEY_NAME)
    return hmac.digest(key, subject.encode(), "sha256").hex()


def ensure_key(settings: Settings) -> None:
    """Draw the key at the first installation; never again once a request is recorded."""
    if not settings.requests_key_file.exists() and not ledger_file(settings).exists():
        keyfile.create(settings.requests_key_file, KEY_VERSION)


def ledger_file(settings: Settings) -> Path:
    return settings.requests_dir / "ledger.jsonl"
