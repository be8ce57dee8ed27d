"""The exclusion list and the restriction list: whose rows never land, whose rows are kept and used nowhere.

Here: adding to the lists, lifting an entry, the version of the exclusion list. Not here: what a request is
(``requests``), the shape of the lists and those in force (``storage.registers``).

Both are append-only and say nothing of the request: the ledger of requests joins with nothing. The exclusion list is
applied before landing, on returns, on lists sent out, in the views that the warehouse reads, and again at restore. A
file judged under an older version of it is judged again when it is sent again.
"""

from __future__ import annotations

from collections.abc import Callable

import duckdb

from tznr_platform.settings import Settings
from tznr_platform.storage import lake, locks, registers

OBJECTION, ERASURE, RESTRICTION = "OBJECTION", "ERASURE", "RESTRICTION"


def version(con: duckdb.DuckDBPyConnection, settings: Settings) -> int:
    """Rows of the exclusion list: it grows with every change."""
    return _count(con, registers.list_rows(registers.exclusion_file(settings)))


def exclude(con: duckdb.DuckDBPyConnection, settings: Settings, pseudonyms: str, *, reason: str = OBJECTION) -> int:
    """Put the pseudonyms of a query (one column ``pseudonym``) on the exclusion list from today; how many were added.

    Whoever is there already for this reason is not added again.
    """
    return _append(con, settings, reason, lambda in_force: (
        f"select distinct pseudonym, {_day(settings)}, null::date, {lake.quote(reason)} from ({pseudonyms}) "
        f"where pseudonym is not null and pseudonym not in (select pseudonym from ({in_force}))"))


def restrict(con: duckdb.DuckDBPyConnection, settings: Settings, pseudonyms: str) -> int:
    """As ``exclude``, on the restriction list."""
    return exclude(con, settings, pseudonyms, reason=RESTRICTION)


def lift(con: duckdb.DuckDBPyConnection, settings: Settings, pseudonyms: str, *, reason: str = OBJECTION) -> int:
    """End from today what is in force for a reason: a new row each, the old ones stay; how many ended.

    An objection told in a file ends too; if the territory goes on telling it, the next file starts it again.
    """
    return _append(con, settings, reason, lambda in_force: (
        f"select pseudonym, since_date, {_day(settings)}, reason_code from ({in_force}) "
        f"semi join ({pseudonyms}) using (pseudonym)"))


def _append(con: duckdb.DuckDBPyConnection, settings: Settings, reason: str, rows: Callable[[str], str]) -> int:
    """Add rows to the list that a reason belongs to; ``rows`` makes their SQL from that of what is in force for it."""
    settings.requests_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with locks.exclusive(settings.requests_dir / "lists.lock", "les listes d'exclusion", wait=True):
        path, known = ((registers.restriction_file(settings), registers.restrictions(settings)) if reason == RESTRICTION
                       else (registers.exclusion_file(settings), registers.exclusions(settings)))
        con.execute("create or replace temp table newly_listed as "
                    + rows(f"select * from ({known}) where reason_code = {lake.quote(reason)}"))
        if added := _count(con, "from newly_listed"):
            columns = ", ".join(registers.LISTED)
            former = f"from ({registers.list_rows(path)}) order by file_row_number"
            lake.write_parquet(con, f"select {columns} from ({former}) union all "
                                    "from (from newly_listed order by all)", path)
            path.chmod(0o600)
        return added


def _day(settings: Settings) -> str:
    return f"date {lake.quote(settings.today)}"


def _count(con: duckdb.DuckDBPyConnection, relation: str) -> int:
    return con.execute(f"select count(*) from ({relation})").fetchone()[0]
