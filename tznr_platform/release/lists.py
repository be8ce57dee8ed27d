"""The list sent to a benefit body: whom it is asked about, and the record of having asked.

Here: (exchange identifier, territory) of the persons declared by territories, without those excluded or restricted
(arrêté du 12 mai 2025: the bodies answer for the identifiers they are sent). Not here: their answers (``intake``).
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from tznr_platform import contracts
from tznr_platform.discretion import discreet
from tznr_platform.errors import PermanentError, UserError
from tznr_platform.privacy.exchange_register import unsealed
from tznr_platform.privacy.pseudonym import AnalysisKey
from tznr_platform.settings import Settings
from tznr_platform.storage import accepted, audit, clock, connect, lake, locks, registers
from tznr_platform.storage.exports import csv_text

COLUMNS = ("identifiant", "code_territoire")


@dataclass(frozen=True)
class SentList:
    """A list written for a body; ``missing_count``: persons whose sealed identifier is not on hand."""

    list_id: str
    body_code: str
    path: Path
    person_count: int
    row_count: int
    missing_count: int


def list_out(settings: Settings, body_code: str, *, why: str) -> SentList:
    """Write ``exchange/lists/<BODY>_liste_<date>_v<N>.csv`` (0600) and its record; errors below.

    ``UserError`` INPUT for an unknown body, no reason or nobody to ask about; CONFIGURATION while the clock is behind
    the last day seen; BUSY beside a reception.
    """
    bodies = [sender.code for sender in contracts.senders().values() if sender.kind == "body"]
    if body_code not in bodies:
        raise UserError("La liste ne peut pas être établie.", where=body_code, why="organisme inconnu",
                        remedy=f"choisir parmi {', '.join(bodies)}")
    why = audit.reason(why)
    clock.require_steady(settings, "l'envoi d'une liste")
    with discreet(), locks.exclusive(settings.lake_dir / "intake.lock", "le lac de données"), \
            connect(None, settings=settings) as con:
        accepted.load_accepted(con, settings)
        _asked(con, settings)
        known = con.execute("select pseudonym, sealed_identifier, territory_code from asked_about "
                            "where sealed_identifier is not null order by all").fetchall()
        if not known:
            raise UserError("Il n'y a personne à demander.", where=body_code,
                            why="aucun territoire n'a déclaré de personne, ou toutes se sont opposées",
                            remedy="recevoir d'abord les fichiers « personnes »")
        return _written(con, settings, body_code, known, why)


def _asked(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Create ``asked_about``: present persons by territory; proves that nobody excluded or restricted is in it."""
    con.execute("create temp table asked_about as select distinct person_id, pseudonym, sealed_identifier, "
                "sender_code as territory_code from accepted.personnes join intake.deliveries using (delivery_id) "
                f"join ({registers.present_persons(settings)}) using (person_id) "
                f"left join ({registers.sealed_identifiers(settings)}) using (person_id)")
    for listed in (registers.exclusions(settings), registers.restrictions(settings)):
        if con.execute(f"select count(*) from asked_about semi join ({listed}) using (pseudonym)").fetchone()[0]:
            raise PermanentError("a person of the exclusion or restriction list is in a list sent out")


def _written(con: duckdb.DuckDBPyConnection, settings: Settings, body_code: str, known: list[tuple],
             why: str) -> SentList:
    key = AnalysisKey.load(settings)
    identifiers = unsealed(key, ((pseudonym, sealed) for pseudonym, sealed, _ in known))
    rows = sorted(zip(identifiers, (row[2] for row in known), strict=True))
    content = csv_text(COLUMNS, rows).encode()
    path, list_id = _free(settings, body_code, settings.today)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    lake.atomic_write_bytes(path, content, mode=0o600)
    record = registers.sent_file(settings, list_id)
    record.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    persons, missing = con.execute("select count(distinct person_id) filter (where sealed_identifier is not null), "
                                   "count(distinct person_id) filter (where sealed_identifier is null) "
                                   "from asked_about").fetchone()
    audit.append(settings, "list_out", list_id, why=why, person_count=persons, row_count=len(rows),
                 missing_count=missing, sha256=hashlib.sha256(content).hexdigest())
    con.register("listed", pa.table({"list_id": [list_id], "body_code": [body_code], "sent_date": [settings.today]}))
    lake.write_parquet(con, "select list_id, body_code, sent_date, person_id, territory_code from listed, asked_about "
                            "where sealed_identifier is not null order by all", record)
    return SentList(list_id, body_code, path, persons, len(rows), missing)


def _free(settings: Settings, body_code: str, day: dt.date) -> tuple[Path, str]:
    """The first version of the day that was never sent."""
    version = 1
    while registers.sent_file(settings, list_id := f"{body_code}_liste_{day.isoformat()}_v{version}").exists():
        version += 1
    return settings.exchange_dir / "lists" / f"{list_id}.csv", list_id
