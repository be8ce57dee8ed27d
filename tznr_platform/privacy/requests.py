"""What we do when a person asks: opposition, erasure, access, rectification, restriction.

Here: receiving, deciding, executing and withdrawing a request. Not here: the ledger and the deadlines (``ledger``), the
lists (``exclusions``), the erasure (``erasure``), the copy of a person's data (``access``). Source: RGPD, articles 15
to 21.

An opposition and a limitation take effect when they are recorded: they protect, and can be withdrawn. The others wait
for a decision. The subject is an exchange identifier (P1) made by the desk: it is neither kept nor echoed.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tznr_platform.discretion import discreet
from tznr_platform.errors import UserError
from tznr_platform.privacy import access, erasure, exclusions, ledger
from tznr_platform.privacy.certificates import Certificate
from tznr_platform.privacy.ledger import Request
from tznr_platform.privacy.pseudonym import AnalysisKey
from tznr_platform.settings import Settings
from tznr_platform.storage import audit, clock, connect, locks

AT_ONCE = (ledger.OPPOSITION, ledger.LIMITATION)
LISTED = {ledger.OPPOSITION: exclusions.OBJECTION, ledger.LIMITATION: exclusions.RESTRICTION,
          ledger.ERASURE: exclusions.ERASURE}


@dataclass(frozen=True)
class Executed:
    """What an execution did: the request afterwards, the certificate of an erasure, the file of an access."""

    request: Request
    certificate: Certificate | None = None
    file: Path | None = None


def add(settings: Settings, request_type: str, channel: str, subject: str, received: dt.date | None = None) -> Request:
    """Record a request; an opposition and a limitation take effect at once.

    ``UserError`` INPUT for an unknown type or channel, a subject of the wrong shape, a day to come.
    """
    received = received or settings.today
    if request_type not in ledger.TYPES or channel not in ledger.CHANNELS or received > settings.today:
        raise UserError("La demande ne peut pas être inscrite.", where="type, canal ou date de réception",
                        why="le type ou le canal est inconnu, ou la demande serait reçue dans l'avenir",
                        remedy=f"types : {', '.join(ledger.TYPES)} ; canaux : {', '.join(ledger.CHANNELS)}")
    with _acting(settings):
        number = len(ledger.read(settings)) + 1
        request = Request(f"{received.year}-{number:04d}", received, channel, request_type,
                          ledger.subject_token(settings, subject), ledger.due_date(received),
                          decision_code=ledger.ACCEPTED if request_type in AT_ONCE else None)
        ledger.record(settings, request, "received", f"demande reçue par {channel}")
        return _executed(settings, request, subject, "effet immédiat").request if request_type in AT_ONCE else request


def decide(settings: Settings, request_id: str, *, accept: bool, why: str) -> Request:
    """Accept or refuse a request that waits for a decision; the reason goes to the audit log."""
    with _acting(settings):
        request = _find(settings, request_id, ledger.TO_DECIDE)
        decided = replace(request, decision_code=ledger.ACCEPTED if accept else ledger.REFUSED)
        ledger.record(settings, decided, "decided", audit.reason(why))
        return decided


def execute(settings: Settings, request_id: str, subject: str, *, why: str,
            delivery_id: int | None = None) -> Executed:
    """Do what was accepted; the subject is given again and must be that of the request.

    An erasure and a rectification leave the warehouse to be built again; ``delivery_id`` is the corrected delivery of a
    rectification, of which the former versions are taken out of every file.
    """
    with _acting(settings):
        request = _find(settings, request_id, ledger.TO_EXECUTE)
        _require_same(settings, request, subject)
        return _executed(settings, request, subject, audit.reason(why), delivery_id)


def withdraw(settings: Settings, request_id: str, subject: str, *, why: str) -> Request:
    """End a request, and from today what it put on a list; the subject is given again, as to execute.

    What was erased does not come back, but the next files may bring the person in again. ``UserError`` INPUT for an
    access or a rectification that was executed.
    """
    with _acting(settings):
        request = _find(settings, request_id, ledger.TO_DECIDE, ledger.TO_EXECUTE, ledger.EXECUTED)
        _require_same(settings, request, subject)
        if request.executed_date and request.request_type_code not in LISTED:
            raise UserError("Cette demande ne se retire plus.", where=f"demande {request_id}",
                            why="elle a été exécutée et n'a pas d'effet qui dure", remedy="inscrire une autre demande")
        reason = audit.reason(why)
        if request.executed_date or request.request_type_code in AT_ONCE:
            _list(settings, request, AnalysisKey.load(settings).second_pass(subject), exclusions.lift)
        withdrawn = replace(request, withdrawn_date=settings.today)
        ledger.record(settings, withdrawn, "withdrawn", reason)
        return withdrawn


def _executed(settings: Settings, request: Request, subject: str, why: str,
              delivery_id: int | None = None) -> Executed:
    """The act, then its line in the ledger: an act cut in between is done again, which changes nothing."""
    pseudonym = AnalysisKey.load(settings).second_pass(subject)
    certificate, file = None, None
    if request.request_type_code == ledger.ACCESS:
        clock.require_steady(settings, "une communication de données")
        file = access.write_copy(settings, pseudonym, request.request_id)
    elif request.request_type_code == ledger.RECTIFICATION:
        access.require_corrected(settings, pseudonym, delivery_id, request.received_date)
        certificate = erasure.erase(settings, [pseudonym], why=why, request_id=request.request_id, superseded_only=True)
    else:
        _list(settings, request, pseudonym, exclusions.exclude)
        if request.request_type_code == ledger.ERASURE:
            _remove_copies(settings, request)
            certificate = erasure.erase(settings, [pseudonym], why=why, request_id=request.request_id)
    proof = file or (certificate and settings.certificates_dir / f"{certificate.certificate_id}.json")
    done = replace(request, executed_date=settings.today,
                   receipt_hash=hashlib.sha256(proof.read_bytes()).hexdigest() if proof else None)
    ledger.record(settings, done, "executed", why)
    return Executed(done, certificate, file)


def _list(settings: Settings, request: Request, pseudonym: str, act: Callable[..., int]) -> None:
    """Enter the person on the list of the request, or take it off."""
    with connect(None, settings=settings) as con:
        con.execute("create temp table subject as select $1 as pseudonym", [pseudonym])
        act(con, settings, "from subject", reason=LISTED[request.request_type_code])


def _require_same(settings: Settings, request: Request, subject: str) -> None:
    if not hmac.compare_digest(ledger.subject_token(settings, subject), request.subject_token):
        raise UserError("Cette personne n'est pas celle de la demande.", where=f"demande {request.request_id}",
                        why="l'identifiant donné ne correspond pas à celui qui a été inscrit",
                        remedy="donner l'identifiant d'échange de la personne qui a fait cette demande")


def _remove_copies(settings: Settings, request: Request) -> None:
    """The copies once made for the person: they hold no identifier that the erasure could look for."""
    for other in ledger.read(settings):
        if other.subject_token == request.subject_token:
            access.copy_file(settings, other.request_id).unlink(missing_ok=True)


def _find(settings: Settings, request_id: str, *statuses: str) -> Request:
    found = [request for request in ledger.read(settings) if request.request_id == request_id]
    if not found or found[0].status not in statuses:
        state = f"elle est {found[0].status}" if found else "elle n'est pas au registre"
        raise UserError("Cette demande n'est pas dans l'état voulu.", where=f"demande {request_id}"[:80], why=state,
                        remedy="voir le registre : tznr requests list --all")
    return found[0]


@contextmanager
def _acting(settings: Settings) -> Iterator[None]:
    """One act at a time, on an open zone, and no library's message about a person."""
    clock.require_open(settings)
    settings.requests_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with discreet(), locks.exclusive(settings.requests_dir / "acts.lock", "le registre des demandes"):
        yield
