"""The exclusion list and the restriction list: whose rows never land, whose rows are kept and used nowhere.

Here: adding to the lists, lifting an entry, the version of the exclusion list. Not here: what a request is
(``requests``), the shape of the lists and those in force (``storage.registers``).

Both are append-only. The exclusion list is applied before landing, on returns, on lists sent out, in the views that
the warehouse reads, and again at restore. A file judged under an older version of it is judged again when it is
sent again.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

import duckdb

from tznr_platform.settings import Settings
from tznr_platform.storage import lake, locks, registers

OBJECTION, ERASURE, RESTRICTION = "OBJECTION", "ERASURE", "RESTRICTION"


def version(con: duckdb.DuckDBPyConnection, settings: Settings) -> int:
    """Rows of the exclusion list: it grows with every change."""
    return _count(con, registers.list_rows(registers.exclusion_file(settings)))


def exclude(con: duckdb.DuckDBPyConnection, settings: Settings, pseudonyms: str, *, reason: str = OBJECTION,
            request_id: str | None = None) -> int:
    """Put the pseudonyms of a query (one column ``pseudonym``) on the exclusion list from today; how many were added.

    Whoever is there already for this reason is not added again, unless a request asks for it.
    """
    return _add(con, settings, registers.exclusion_file(settings), pseudonyms, reason=reason,
                request_id=request_id)


def restrict(con: duckdb.DuckDBPyConnection, settings: Settings, pseudonyms: str, *,
             request_id: str | None = None) -> int:
    """As ``exclude``, on the restriction list."""
    return _add(con, settings, registers.restriction_file(settings), pseudonyms, reason=RESTRICTION,
                request_id=request_id)


def lift(con: duckdb.DuckDBPyConnection, settings: Settings, request_id: str) -> int:
    """End from today what a request put on a list, and what any other source says of that person for that reason.

    An objection told in a file ends too; if the territory goes on telling it, the next file starts it again.
    """
    return sum(_lift(con, settings, path, request_id)
               for path in (registers.exclusion_file(settings), registers.restriction_file(settings)))


def _add(con: duckdb.DuckDBPyConnection, settings: Settings, path: Path, pseudonyms: str, *, reason: str,
         request_id: str | None) -> int:
    with _locked(settings):
        in_force = (registers.exclusions if path == registers.exclusion_file(settings) else registers.restrictions)
        known = (f"select pseudonym from ({in_force(settings)}) where reason_code = {lake.quote(reason)}"
                 + (f" and request_id = {lake.quote(request_id)}" if request_id else ""))
        con.execute("create or replace temp table newly_listed as select distinct pseudonym "
                    f"from ({pseudonyms}) where pseudonym is not null and pseudonym not in ({known})")
        return _append(con, path, f"select pseudonym, {_day(settings)}, null::date, {lake.quote(reason)}, "
                                  f"{lake.quote(request_id) if request_id else 'null'} "
                                  "from (from newly_listed order by pseudonym)")


def _lift(con: duckdb.DuckDBPyConnection, settings: Settings, path: Path, request_id: str) -> int:
    with _locked(settings):
        con.execute("create or replace temp table newly_listed as "
                    "select pseudonym, reason_code, max(since_date) as since_date "
                    f"from ({registers.list_rows(path)}) where request_id = $1 group by all", [request_id])
        return _append(con, path, f"select pseudonym, since_date, {_day(settings)}, reason_code, "
                                  f"{lake.quote(request_id)} from (from newly_listed order by all)")


def _append(con: duckdb.DuckDBPyConnection, path: Path, rows: str) -> int:
    added = _count(con, "from newly_listed")
    if added:
        columns = ", ".join(registers.LISTED)
        lake.write_parquet(con, f"select {columns} from (from ({registers.list_rows(path)}) order by file_row_number) "
                                f"union all {rows}", path)
        path.chmod(0o600)
    return added


def _locked(settings: Settings) -> AbstractContextManager[None]:
    settings.requests_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    return locks.exclusive(settings.requests_dir / "lists.lock", "les listes d'exclusion", wait=True)


def _day(settings: Settings) -> str:
    return f"date {lake.quote(settings.today)}"


def _count(con: duckdb.DuckDBPyConnection, relation: str) -> int:
    return con.execute(f"select count(*) from ({relation})").fetchone()[0]
