"""TZNR1 over whole columns: in SQL for the spellings of French files, in Python for the cells that need more.

Here: three SQL expressions, one a column, that give the canonical part or the reason why there is none (reasons hold
an underscore, parts never do). Not here: the rules (``identity``), which every expression must equal, to the byte, on
any text: that is a test. A cell goes through SQL when each of its characters is ASCII or a letter that has no
neighbour to combine with and that DuckDB turns into the same capital as Python.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import duckdb
import pyarrow as pa

from tznr_platform.privacy import identity
from tznr_platform.privacy.identity import EARLIEST_YEAR, LEVEL, SCHEME, IdentityRefusedError

ACCENTED = "".join(map(chr, (*range(0xC0, 0x17F), *range(0x1E00, 0x1F00))))
SPELT_OUT_OR_SPECIAL = "×÷ÆæÐðØøÞþßĐđĦħıĲĳĸĿŀŁłŉŊŋŒœẚẛẜẝẞẟỺỻỼỽỾỿ"
PLAIN = "[\x01-\x7f’" + "".join(char for char in ACCENTED if char not in SPELT_OUT_OR_SPECIAL) + "]*"
ASCII = "[\x01-\x7f]*"
CAPITALS = "[A-Z]+"
TWO_NAMES = "(?s)(?:^|[^A-Z])(?:NEE?|EP|EPSE|EPOUSE|EPOUX|VEUVE|VVE|DITE?|ALIAS|USAGE)[^A-Z].*[A-Z]"
BLANKS = " \t\r\n\v\f"
DATES = ("[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[ T]00:00(?::00(?:\\.0+)?)?)?",
         *(f"[0-9]{{1,2}}{mark}[0-9]{{1,2}}{mark}[0-9]{{4}}" for mark in ("/", "-", "\\.")))
CACHED_CELLS = 1 << 16
NAME, FIRST_NAME, DATE = "tznr1_name", "tznr1_first_name", "tznr1_date"


def install(con: duckdb.DuckDBPyConnection) -> None:
    """Make the functions ``tznr1_name``, ``tznr1_first_name`` and ``tznr1_date`` known to a connection, once."""
    for name, rule, macro in ((NAME, identity.canonical_name, _name_sql("cell")),
                              (FIRST_NAME, identity.canonical_first_name, _first_name_sql("cell")),
                              (DATE, identity.canonical_date, _date_sql("cell"))):
        con.create_function(f"{name}_rule", _by_cell(rule), [str], str, type="arrow")
        con.execute(f"create or replace temp macro {name}(cell) as {macro}")


def message_sql(name: str, first_name: str, date: str) -> str:
    """SQL of the message to sign, from three canonical columns."""
    return f"'{SCHEME}|{LEVEL}|' || {name} || '|' || {first_name} || '|' || {date}"


def reason_sql(*parts: str) -> str:
    """SQL of the first reason among canonical columns, NULL when the identity is sound."""
    return f"case {' '.join(f'''when contains({part}, '_') then {part}''' for part in parts)} end"


def is_default_sql(date: str) -> str:
    """SQL telling a birth date given by default, from the canonical column."""
    return f"(suffix({date}, '-01-01') or contains({date}, '-00'))"


def _name_sql(cell: str) -> str:
    upper = f"upper(strip_accents({cell}))"
    return (f"case when not regexp_full_match({cell}, {_quote(PLAIN)}) then {NAME}_rule({cell}) "
            f"when regexp_full_match({upper}, '{CAPITALS}') then {upper} "
            f"when regexp_matches({upper}, {_quote(TWO_NAMES)}) then 'SEVERAL_NAMES' "
            f"else {_letters(upper, 'EMPTY_NAME')} end")


def _first_name_sql(cell: str) -> str:
    upper = f"upper(strip_accents({cell}))"
    first = f"regexp_extract({upper}, '^[^,;]*')"
    token = f"regexp_extract({first}, {_quote(f'[^{BLANKS}]+')})"
    return (f"case when not regexp_full_match({cell}, {_quote(PLAIN)}) then {FIRST_NAME}_rule({cell}) "
            f"when regexp_full_match({upper}, '{CAPITALS}') then {upper} "
            f"when contains({first}, '-') then {_letters(token, 'EMPTY_FIRST_NAME')} "
            f"else {_letters(first, 'EMPTY_FIRST_NAME')} end")


def _letters(text: str, reason: str) -> str:
    return f"coalesce(nullif(regexp_replace({text}, '[^A-Z]+', '', 'g'), ''), '{reason}')"


def _date_sql(cell: str) -> str:
    text = f"trim({cell}, {_quote(BLANKS)})"
    iso, *french = (f"regexp_full_match({text}, {_quote(form)})" for form in DATES)
    parts = f"string_split(translate({text}, '-.', '//'), '/')"
    turned = f"({parts}[3] || '-' || lpad({parts}[2], 2, '0') || '-' || lpad({parts}[1], 2, '0'))"
    return (f"case when not regexp_full_match({cell}, {_quote(ASCII)}) then {DATE}_rule({cell}) "
            f"when {iso} then {_sound_date(f'{text}[1:10]')} "
            f"when {' or '.join(french)} then {_sound_date(turned)} else 'DATE_INVALID' end")


def _sound_date(text: str) -> str:
    """A text ``YYYY-MM-DD`` if that day exists, an unknown day or month taken for the first."""
    first = f"replace({text}, '-00', '-01')"
    return (f"case when try_cast({first} as date) is not null and {text} >= '{EARLIEST_YEAR}' "
            f"and ({text}[6:7] <> '00' or {text}[9:10] = '00') then {text} else 'DATE_INVALID' end")


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
