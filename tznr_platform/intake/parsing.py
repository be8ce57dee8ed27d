"""From a sender's text to a typed value, in SQL over whole columns: NULL where the text is not of the type.

Here: one expression for each type of the contracts, the usual spelling first and the forgiven ones only
where it failed: dates dd/mm/yyyy, decimal comma and blanks between thousands, accents, case and
separators of coded values. Not here: whether the value is allowed (``rules``).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tznr_platform.privacy.screen import fold
from tznr_platform.storage.lake import quote

if TYPE_CHECKING:
    from tznr_platform.contracts import Field

BLANKS = "' \t\r\n\u00a0\u202f\u2009'"
DATE_FORMATS = ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y/%m/%d", "%Y-%m-%d", "%Y-%m-%d %H:%M:%S",
                "%d/%m/%Y %H:%M:%S")
MONTH_FORMATS = ("%m/%Y", "%Y/%m", "%Y-%m-%d", "%d/%m/%Y")


def parsed(field: Field, raw: str) -> str:
    """SQL giving the typed value of the text expression ``raw``; ``KeyError`` for an unknown type."""
    if field.multi_separator:
        return _choices(field, raw)
    if field.enum:
        return _coded(field, raw)
    return {"string": _string, "date": _date, "yearmonth": _month, "integer": _integer, "number": _number,
            "boolean": lambda text: _boolean(field, text)}[field.type](raw)


def trimmed(raw: str) -> str:
    return f"trim({raw}, {BLANKS})"


def is_blank(raw: str) -> str:
    return f"coalesce({trimmed(raw)}, '') = ''"


def is_one_of(value: str, known: Iterable[object]) -> str:
    """Whether a value is in a list: DuckDB makes a join of a long IN, which loses the order of the lines."""
    return f"list_contains([{_listed(known)}], {value})"


def _string(raw: str) -> str:
    return f"nullif({trimmed(raw)}, '')"


def _date(raw: str) -> str:
    return _first(raw, f"case when length({raw}) = 10 then try_cast({raw} as date) end",
                  _moment(raw, DATE_FORMATS))


def _month(raw: str) -> str:
    return _first(raw, f"case when length({raw}) = 7 then try_cast({raw} || '-01' as date) end",
                  f"date_trunc('month', {_moment(raw, MONTH_FORMATS)})::date")


def _moment(raw: str, formats: tuple[str, ...]) -> str:
    """A date in one of several formats; DuckDB would also take words such as ``infinity``."""
    text = trimmed(raw)
    return f"case when {text} between '0' and ':' then try_strptime({text}, {list(formats)})::date end"


def _integer(raw: str) -> str:
    number = _number(raw)
    return f"case when {number} = trunc({number}) and abs({number}) < 9e15 then ({number})::bigint end"


def _number(raw: str) -> str:
    compact = f"replace(regexp_replace({raw}, '[\\s\u00a0\u202f\u2009]', '', 'g'), ',', '.')"
    with_comma = _first(raw, f"try_cast(replace({raw}, ',', '.') as double)", f"try_cast({compact} as double)")
    return _first(raw, f"try_cast({raw} as double)", with_comma)


def _boolean(field: Field, raw: str) -> str:
    text = f"lower({trimmed(raw)})"
    return (f"case when {is_one_of(text, field.true_values)} then true "
            f"when {is_one_of(text, field.false_values)} then false end")


def _coded(field: Field, raw: str) -> str:
    values = [str(value) for value in field.enum]
    kind = f"enum({_listed(values)})"
    spellings = {fold(value): value for value in values}
    cases = " ".join(f"when {quote(spelling)} then {quote(value)}" for spelling, value in spellings.items())
    return _first(raw, f"try_cast({raw} as {kind})", f"try_cast(case {_folded(raw)} {cases} end as {kind})")


def _choices(field: Field, raw: str) -> str:
    """Several coded values in one cell, kept sorted and once each; NULL when one of them is unknown."""
    spellings = {fold(str(value)): str(value) for value in field.enum}
    known = ", ".join(f"{quote(spelling)}: {quote(value)}" for spelling, value in spellings.items())
    separator = quote(field.multi_separator)
    split = f"string_split({raw}, {separator})"
    coded = f"[map {{{known}}}[{_folded('choice')}] for choice in {split} if {trimmed('choice')} <> '']"
    return (f"case when list_bool_and([code is not null for code in {coded}]) "
            f"then nullif(array_to_string(list_sort(list_distinct({coded})), {separator}), '') end")


def _first(raw: str, usual: str, forgiven: str) -> str:
    """``usual``, or ``forgiven`` on the rows where it fails: CASE tries only those, COALESCE tries all."""
    return f"case when {usual} is not null then {usual} when {raw} is null then null else {forgiven} end"


def _folded(raw: str) -> str:
    """The SQL twin of ``privacy.screen.fold``."""
    plain = f"lower(strip_accents({trimmed(raw)}))"
    return f"trim(regexp_replace({plain}, '[^a-z0-9]+', '_', 'g'), '_')"


def _listed(values: Iterable[object]) -> str:
    return ", ".join(quote(value) for value in values)
