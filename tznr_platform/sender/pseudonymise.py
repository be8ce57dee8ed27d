"""The table of a sender with its identity columns replaced by exchange identifiers. The page's twin, byte for byte.

Here: the table from end to end on whole columns, the rows left out and why. Not here: the rules (``privacy``), the
readers of odd files (``intake``), which columns hold what (``columns``). Names stay in the memory of one process:
what spills to disk when memory is short is already without them.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from tznr_platform import contracts
from tznr_platform.discretion import discreet
from tznr_platform.privacy import identity_columns
from tznr_platform.privacy.exchange import PseudonymProvider
from tznr_platform.privacy.identity_columns import PARTS
from tznr_platform.sender import tables
from tznr_platform.sender.columns import IDENTITY_REASONS, MADE, identity_ranks, kept_ranks, naming_ranks
from tznr_platform.settings import Settings
from tznr_platform.storage import connect, lake
from tznr_platform.storage.exports import csv_text
from tznr_platform.storage.lake import quote

MEMORY_LIMIT = "500MB"
PLAIN_CELL = "[!#-:<-~]*"
BLANKS = ("[\\s\\x0b\\x1c-\\x1f\\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}"
          "\\x{3000}]+")


@dataclass(frozen=True)
class Outcome:
    """Rows written and refused; rows that share their identifier with another; births on a date by default.

    ``left_out``: ranks, from 1 in the file, of the columns dropped because their name announces people.
    """

    row_count: int
    refused_count: int
    homonym_count: int
    default_birth_count: int
    left_out: tuple[int, ...] = ()


def pseudonymise(path: Path, out: Path, provider: PseudonymProvider, settings: Settings, *, report: Path,
                 given: Mapping[str, str | None] | None = None) -> Outcome:
    """Write ``out`` (identifiers, no identity; mode 0600) and ``report`` (line, reason, message; no value).

    ``given``: headers of the identity columns (nom, prenom, naissance) when they are not the usual ones.
    ``UserError`` INPUT for a file that cannot be read or an identity column that is not found.
    """
    with discreet(), connect(None, settings=settings) as con:
        identity_columns.install(con)
        headers, left_out = _derive(con, path, provider, given or {}, settings)
        _flag_homonyms(con)
        _write_report(con, report)
        _write_table(con, [*MADE, *headers], provider.version, out)
        return Outcome(*con.execute(
            "select count(*) filter (reason is null), count(reason), count(*) filter (is_homonym), "
            "count(*) filter (reason is null and is_default) from derived").fetchone(), left_out)


def _derive(con: duckdb.DuckDBPyConnection, path: Path, provider: PseudonymProvider,
            given: Mapping[str, str | None], settings: Settings) -> tuple[list[str], tuple[int, ...]]:
    """Fill ``derived`` from the file; returns the headers of the columns kept, the ranks of those left out."""
    for table in tables.readings(con, path, settings, filter(None, given.values())):
        identity = identity_ranks(table.headers, given)
        kept = kept_ranks(table.headers, identity)
        _fill(con, table.relation, identity, kept, provider)
        if table.is_whole(_count(con, "derived")):
            break
    return ([table.headers[rank] for rank in kept],
            tuple(table.left + rank + 1 for rank in naming_ranks(table.headers, identity)))


def _fill(con: duckdb.DuckDBPyConnection, relation: str, identity: Sequence[int], kept: Sequence[int],
          provider: PseudonymProvider) -> None:
    cells = ", ".join(f"coalesce(c{rank}, '') as {part}" for rank, part in zip(identity, PARTS, strict=True))
    rest = "concat(" + ", ".join(["''", *(f"';', {_cell_sql(f'c{rank}')}" for rank in kept)]) + ")"
    canonical = identity_columns.canonical_sql(f"(select line, is_ragged, {cells}, {rest} as rest from {relation})")
    identifier, key = provider.derive_sql(identity_columns.message_sql())
    con.execute(
        "create or replace temp table derived as "
        f"select line, reason, rest, case when reason is null then {identifier} end as identifier, "
        f"{identity_columns.is_default_sql()} as is_default, false as is_homonym from (select *, "
        f"case when is_ragged then 'COLUMN_COUNT' else {identity_columns.reason_sql()} end as reason from {canonical})",
        key)


def _cell_sql(cell: str) -> str:
    """A cell as it is written: runs of white space are one blank, quotes only where the format needs them."""
    tidy = f"trim(regexp_replace(coalesce({cell}, ''), '{BLANKS}', ' ', 'g'))"
    quoted = f"""'"' || replace({tidy}, '"', '""') || '"'"""
    return (f"case when regexp_full_match({cell}, '{PLAIN_CELL}') then {cell} "
            f"when regexp_matches({cell}, '[;\"]') then {quoted} else {tidy} end")


def _flag_homonyms(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("create or replace temp table repeated as select identifier from derived "
                "where reason is null group by 1 having count(*) > 1")
    if _count(con, "repeated"):
        con.execute("update derived set is_homonym = true from repeated where derived.identifier = repeated.identifier")


def _write_table(con: duckdb.DuckDBPyConnection, headers: Sequence[str], version: str, out: Path) -> None:
    """Lines in the order of the file; each is one text, so that nothing else decides of quotes and line ends."""
    fresh = out.with_name(out.name + ".part")
    oui = "case when {} then ';oui' else ';non' end"
    with lake.storage_errors(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        fresh.unlink(missing_ok=True)
        try:
            fresh.touch(mode=0o600)
            con.execute(
                f"copy (select {quote(chr(0xFEFF) + _line(headers))} union all select concat(identifier, ';{version}', "
                f"{oui.format('is_default')}, {oui.format('is_homonym')}, rest, chr(13)) from derived "
                f"where reason is null) to {quote(fresh)} (format csv, header false, delimiter '\x1f', quote '', "
                "escape '', use_tmp_file false)")
            os.replace(fresh, out)
        finally:
            fresh.unlink(missing_ok=True)


def _write_report(con: duckdb.DuckDBPyConnection, report: Path) -> None:
    refused = con.execute("select coalesce(line, rowid + 2), reason from derived where reason is not null "
                          "order by rowid").fetchall()
    codes = contracts.reason_codes()
    rows = ((line, reason, IDENTITY_REASONS.get(reason) or codes[reason].message) for line, reason in refused)
    with lake.storage_errors(report):
        lake.atomic_write_bytes(report, csv_text(("ligne", "motif", "message"), rows).encode())


def _line(cells: Sequence[str]) -> str:
    stream = io.StringIO()
    csv.writer(stream, delimiter=";", lineterminator="\r").writerow(cells)
    return stream.getvalue()


def _count(con: duckdb.DuckDBPyConnection, table: str) -> int:
    return con.execute(f"select count(*) from {table}").fetchone()[0]
