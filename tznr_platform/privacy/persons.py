"""The person dimension: a small append-only table of the lake.

Here: which integer stands for which pseudonym. The integer is given once, in the order of the pseudonyms within a
batch, and never changes: a rebuild gives the same. Not here: the key, whose rows must stay out (``exclusions``).
"""

from __future__ import annotations

import duckdb

from tznr_platform.privacy.pseudonym import AnalysisKey
from tznr_platform.settings import Settings
from tznr_platform.storage import lake, registers

P1_FORM = "^[0-9a-f]{64}$"


def resolve(con: duckdb.DuckDBPyConnection, key: AnalysisKey, identifiers: str) -> None:
    """Add to the temporary table ``keys (p1, pseudonym)`` the values of a query of one column ``p1``, once each.

    It lives in the memory of one connection. A value that is not an exchange identifier keeps a NULL pseudonym;
    case and blanks around are forgiven.
    """
    canonical = "lower(trim(p1))"
    con.execute("create temp table if not exists keys (p1 varchar, pseudonym varchar)")
    con.execute(f"insert into keys select p1, case when regexp_full_match({canonical}, '{P1_FORM}') "
                f"then {key.second_pass_sql(canonical)} end from (select distinct p1 from ({identifiers}) "
                "where p1 is not null) anti join keys using (p1)", key.parameters)


def declare(con: duckdb.DuckDBPyConnection, key: AnalysisKey, settings: Settings, pseudonyms: str) -> None:
    """Give an integer to the pseudonyms of a query that have none, on disk before any row uses it."""
    known = registers.persons(settings)
    con.execute("create or replace temp table newcomers as "
                f"select distinct pseudonym from ({pseudonyms}) where pseudonym is not null "
                f"and pseudonym not in (select pseudonym from ({known}))")
    if _count(con, "newcomers"):
        last = f"(select coalesce(max(person_id), 0) from ({known}))"
        lake.write_parquet(con, f"{known} union all by name select pseudonym, "
                                f"({last} + row_number() over (order by pseudonym))::integer as person_id, "
                                f"{lake.quote(key.version)} as pseudonym_version from newcomers",
                           registers.person_file(settings))


def _count(con: duckdb.DuckDBPyConnection, table: str) -> int:
    return con.execute(f"select count(*) from {table}").fetchone()[0]
