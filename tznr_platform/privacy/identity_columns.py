"""TZNR1 over whole columns: in SQL for the spellings of French files, in Python for the cells that need more.

Here: the query that adds to a table its canonical columns, or the reason why there is none (reasons hold an
underscore, canonical parts never do). Not here: the rules (``identity``), which the columns must equal, to the byte, on
any text: that is a test. SQL answers for a name whose characters are ASCII, or letters that have no neighbour to
combine with and that DuckDB turns into the same capital as Python, and for a date that any French file writes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import duckdb
import pyarrow as pa

from tznr_platform.privacy import identity
from tznr_platform.privacy.identity import EARLIEST_YEAR, LEVEL, OTHER_NAME, SCHEME, IdentityRefusedError

ACCENTED = "".join(map(chr, (*range(0xC0, 0x17F), *range(0x1E00, 0x1F00))))
SPELT_OUT_OR_SPECIAL = "×÷ÆæÐðØøÞþßĐđĦħıĲĳĸĿŀŁłŉŊŋŒœẚẛẜẝẞẟỺỻỼỽỾỿ"
PLAIN = "[\x01-\x7f’" + "".join(char for char in ACCENTED if char not in SPELT_OUT_OR_SPECIAL) + "]*"
CAPITALS = "[A-Z]+"
TWO_NAMES = f"(?s)(?:^|[^A-Z]){OTHER_NAME}[^A-Z].*[A-Z]"
WORD = "[^ \t\r\n\v\f]+"
DAY, MONTH = "(?:0[1-9]|[12][0-9]|3[01])", "(?:0[1-9]|1[0-2])"
ISO_DATE, FRENCH_DATE = f"[0-9]{{4}}-{MONTH}-{DAY}", f"{DAY}/{MONTH}/[0-9]{{4}}"
CACHED_CELLS = 1 << 16
PARTS = ("name", "first_name", "birth")


def install(con: duckdb.DuckDBPyConnection) -> None:
    """Make the rules of ``identity`` known to a connection, once, for the cells SQL hands over."""
    for part, rule in zip(PARTS, (identity.canonical_name, identity.canonical_first_name, identity.canonical_date),
                          strict=True):
        con.create_function(f"tznr1_{part}", _by_cell(rule), [str], str, type="arrow")


def canonical_sql(relation: str) -> str:
    """SQL of a relation with its columns ``name``, ``first_name`` and ``birth`` (no NULL) made canonical.

    Each step is a query of its own, so that nothing is computed twice.
    """
    upper = ", ".join(f"case when regexp_full_match({part}, {_quote(PLAIN)}) then upper(strip_accents({part})) end "
                      f"as upper_{part}" for part in PARTS[:2])
    cut = ("case when regexp_matches(upper_first_name, '[,;]') then regexp_extract(upper_first_name, '^[^,;]*') "
           "else upper_first_name end as upper_first_name")
    token = (f"case when contains(upper_first_name, '-') then regexp_extract(upper_first_name, {_quote(WORD)}) "
             "else upper_first_name end as upper_first_name")
    date = (f"case when regexp_full_match(birth, '{FRENCH_DATE}') then "
            "substring(birth, 7, 4) || '-' || substring(birth, 4, 2) || '-' || substring(birth, 1, 2) "
            f"when regexp_full_match(birth, '{ISO_DATE}') then birth end as plain_birth")
    return (f"(select * exclude (upper_name, upper_first_name, plain_birth) replace ({_name_sql()} as name, "
            f"{_first_name_sql()} as first_name, {_birth_sql()} as birth) from "
            f"(select * replace ({token}) from (select * replace ({cut}) from "
            f"(select *, {upper}, {date} from {relation}))))")


def message_sql() -> str:
    """SQL of the message to sign, from the canonical columns."""
    return f"concat_ws('|', '{SCHEME}|{LEVEL}', {', '.join(PARTS)})"


def reason_sql() -> str:
    """SQL of the first reason among the canonical columns, NULL when the identity is sound."""
    return "case " + " ".join(f"when contains({part}, '_') then {part}" for part in PARTS) + " end"


def is_default_sql() -> str:
    """SQL telling a birth date given by default, from the canonical columns."""
    return "(suffix(birth, '-01-01') or contains(birth, '-00'))"


def _name_sql() -> str:
    return ("case when upper_name is null then tznr1_name(name) "
            f"when regexp_full_match(upper_name, '{CAPITALS}') then upper_name "
            f"when regexp_matches(upper_name, {_quote(TWO_NAMES)}) then 'SEVERAL_NAMES' "
            f"else {_letters('upper_name', 'EMPTY_NAME')} end")


def _first_name_sql() -> str:
    return ("case when upper_first_name is null then tznr1_first_name(first_name) "
            f"when regexp_full_match(upper_first_name, '{CAPITALS}') then upper_first_name "
            f"else {_letters('upper_first_name', 'EMPTY_FIRST_NAME')} end")


def _letters(text: str, reason: str) -> str:
    return f"coalesce(nullif(regexp_replace({text}, '[^A-Z]+', '', 'g'), ''), '{reason}')"


def _birth_sql() -> str:
    return ("case when plain_birth is null then tznr1_birth(birth) when try_cast(plain_birth as date) is null "
            f"or plain_birth < '{EARLIEST_YEAR}' then 'DATE_INVALID' else plain_birth end")


def _by_cell(rule: Callable[[str], str]) -> Callable[[pa.Array], pa.Array]:
    """A rule of ``identity`` over an Arrow column: the canonical part, or the reason code."""
    @lru_cache(CACHED_CELLS)
    def part(cell: str) -> str:
        try:
            return rule(cell)
        except IdentityRefusedError as refusal:
            return refusal.reason

    return lambda cells: pa.array([part(cell) for cell in cells.to_pylist()], pa.string())


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
