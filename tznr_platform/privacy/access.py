"""A person's own data, as the desk gives it to them: every row, where it came from, to whom it went.

Here: the copy (RGPD article 15) and the check that a correction really is about the person (article 16). Not here: the
request (``requests``). The copy holds no identifier of ours: the desk knows whom it wrote to.
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from tznr_platform import contracts
from tznr_platform.errors import UserError
from tznr_platform.settings import Settings
from tznr_platform.storage import connect, lake, registers

if TYPE_CHECKING:
    from tznr_platform.contracts import Contract

TOPICS = ("controller", "processor", "purpose", "legal_basis", "origin", "recipients", "requests", "transfers")


def write_copy(settings: Settings, pseudonym: str, request_id: str) -> Path:
    """Write the copy, its owner's only: rows in force and former ones, recipients, lists; its path."""
    with connect(None, settings=settings) as con:
        _name(con, settings, pseudonym)
        found = {"demande": request_id, "date": settings.today.isoformat(),
                 "traitement": {row["topic_label"]: row["statement"] for row in contracts.reference("processing")
                                if row["topic_code"] in TOPICS},
                 "tables": [_table(con, settings, contract) for contract in _personal_contracts()],
                 "transmissions": _sent(con, settings),
                 "listes": {"exclusion": _listed(con, registers.exclusions(settings)),
                            "limitation": _listed(con, registers.restrictions(settings))}}
    path = copy_file(settings, request_id)
    lake.atomic_write_bytes(path, (json.dumps(found, ensure_ascii=False, indent=2, default=_text) + "\n").encode(),
                            mode=0o600)
    return path


def copy_file(settings: Settings, request_id: str) -> Path:
    """``requests/copies/<request_id>.json``."""
    return settings.requests_dir / "copies" / f"{request_id}.json"


def require_corrected(settings: Settings, pseudonym: str, delivery_id: int | None, since: dt.date) -> None:
    """``UserError`` INPUT unless the delivery is in force, came after the request and speaks of the person."""
    with connect(None, settings=settings) as con:
        _name(con, settings, pseudonym)
        found = con.execute("select table_name, sender_code, period, delivery_id "
                            f"from ({registers.deliveries(settings)}) where delivery_id = $1 and is_current "
                            "and received_at::date >= $2", [delivery_id, since]).fetchall()
        paths = [lake.accepted_file(settings, *row) for row in found if contracts.contract(row[0]).person_field]
        if paths and con.execute(f"select count(*) from {_files(paths)} semi join subject using (person_id)"
                                 ).fetchone() != (0,):
            return
    raise UserError("Cette livraison n'est pas la correction attendue.", where=f"livraison {delivery_id}",
                    why="elle n'est pas en vigueur, date d'avant la demande ou ne parle pas de cette personne",
                    remedy="recevoir d'abord le fichier corrigé, puis donner son numéro de livraison (--delivery)")


def _name(con: duckdb.DuckDBPyConnection, settings: Settings, pseudonym: str) -> None:
    """Temporary table ``subject (pseudonym, person_id)``: no row of persons for whom the lake never knew."""
    con.execute("create temp table subject as select pseudonym, person_id from (select $1 as pseudonym) "
                f"left join ({registers.persons(settings)}) using (pseudonym)", [pseudonym])


def _personal_contracts() -> list[Contract]:
    return [contract for contract in contracts.contracts().values() if contract.person_field]


def _table(con: duckdb.DuckDBPyConnection, settings: Settings, contract: Contract) -> dict[str, object]:
    """Every row of one table, former versions too, under the titles of the contract."""
    paths = sorted(lake.accepted_dir(settings, contract.name).rglob("d*.parquet"))
    titles = {field.column: field.title for field in contract.fields if field.name != contract.person_field}
    rows: list[tuple] = []
    if paths:
        con.execute(f"create or replace temp table own as select landed.* from {_files(paths)} as landed "
                    "semi join subject using (person_id)")
        there = [row[0] for row in con.execute("describe own").fetchall()]
        titles = {column: title for column, title in titles.items() if column in there}
        columns = ", ".join(f'own."{column}"' for column in titles)
        rows = con.execute(f"select sender_code, period, version, is_current, line_number, {columns} from own "
                           f"join ({registers.deliveries(settings)}) using (delivery_id) "
                           "order by delivery_id, line_number").fetchall()
    return {"table": contract.name, "titre": contract.title, "lignes": [
        {"émetteur": sender, "période": period, "version": version, "en vigueur": is_current, "ligne": line,
         "données": dict(zip(titles.values(), values, strict=True))}
        for sender, period, version, is_current, line, *values in rows]}


def _sent(con: duckdb.DuckDBPyConnection, settings: Settings) -> list[dict[str, object]]:
    """The bodies that were asked about the person, from the records of the lists sent out."""
    rows = con.execute(f"select body_code, sent_date, territory_code from ({registers.sent_lists(settings)}) "
                       "semi join subject using (person_id) order by all").fetchall()
    return [{"organisme": body, "date": sent, "territoire": territory} for body, sent, territory in rows]


def _listed(con: duckdb.DuckDBPyConnection, relation: str) -> list[dt.date]:
    """Since when the person is on a list."""
    return [row[0] for row in con.execute(f"select since_date from ({relation}) semi join subject using (pseudonym) "
                                          "order by 1").fetchall()]


def _files(paths: list[Path]) -> str:
    listed = ", ".join(map(lake.quote, paths))
    return f"read_parquet([{listed}], hive_partitioning = false, union_by_name = true)"


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, dt.date) else str(value)
