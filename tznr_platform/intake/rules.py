"""The row rules of a contract as SQL: typed columns, and one number whose bits say what is wrong with a row.

Here: the checks a row can be judged on alone. A sound row costs one comparison with zero; reasons are
spelled out only for the others. Not here: what needs other rows or other tables of the lake (``judge``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tznr_platform import contracts
from tznr_platform.intake import parsing
from tznr_platform.storage.lake import quote

if TYPE_CHECKING:
    from tznr_platform.contracts import Contract, Field, Rule

EARLIEST, LATEST = "date '1900-01-01'", "date '2100-12-31'"
WHOLE_LINE = "(ligne entière)"
LONG_NUMBER = 1e8
LARGEST = 1e12  # no count and no amount of the field reaches it; totals are exact below
A_NAME = ("DUPONT", "Mme Marie Dupont")


@dataclass(frozen=True)
class Check:
    """A reason a row may be refused for, at a field; its rank among the checks is its bit."""

    field: str
    reason: str


class RowRules:
    """SQL of the typed columns and of the mask of a contract, for files with their columns in one order."""

    def __init__(self, contract: Contract, columns: tuple[str | None, ...], digest: str = "hash", *,
                 is_clean: bool = False) -> None:
        self.contract, self._digest, self._is_clean = contract, digest, is_clean
        self.checks: list[Check] = []
        self._raw = {name: f"c{index}" for index, name in enumerate(columns) if name is not None}
        self._sound: list[str] = []
        self._terms: list[str] = []
        self._unsure: dict[str, str] = {}
        self._watched: list[str] = []
        for field in contract.fields:
            self._add_field(field)
        for rule in contract.rules:
            self._add_rule(rule)

    def bit(self, field: str, reason: str) -> int:
        """The value of the bit of a check, which is created on first use."""
        check = Check(field, reason)
        if check not in self.checks:
            self.checks.append(check)
        if len(self.checks) > 62:
            raise ValueError(f"too many checks for one mask: {self.contract.name}")
        return 1 << self.checks.index(check)

    @property
    def line_sql(self) -> str:
        """The line that the sender sees of a row of ``typed``: written in a clean copy, else told by its place."""
        return "typed.sent_line" if self._is_clean else "typed.place - batch.first_place + 2"

    @property
    def ragged_bit(self) -> int:
        """The mask of a line with a wrong number of cells, of which nothing else can be said."""
        return self.bit(WHOLE_LINE, "COLUMN_COUNT")

    def raw(self, field: str) -> str:
        return self._raw.get(field, "null::varchar")

    @property
    def typed_sql(self) -> str:
        """Select list of the typed columns, under their names in the lake; the person's is the number ``who``."""
        return ", ".join(
            f"{self.who_sql(self.raw(field.name))} as who, {self.proof_sql(self.raw(field.name))} as proof"
            if field.name == self.contract.person_field
            else f"{parsing.parsed(field, self.raw(field.name))} as {field.column}" for field in self.contract.fields)

    def who_sql(self, identifier: str) -> str:
        """The number (UBIGINT) that stands for an identifier within a batch: eight bytes a row, and no identifier."""
        return f"case when {identifier} is not null then {self._digest}({identifier}) end"

    def proof_sql(self, identifier: str) -> str:
        """Another number: rows of one ``who`` whose proofs differ do not bear the same identifier."""
        return f"hash(reverse({identifier}))"

    @property
    def mask_sql(self) -> str:
        """0 for a sound row, -1 for a line of empty cells, else the bits of its checks; over the typed columns.

        One conjunction clears the sound rows; the bits are worked out for the others only.
        """
        empty = " and ".join(parsing.is_blank(raw) for raw in self._raw.values())
        return (f"case when {' and '.join(self._sound)} then 0 when {empty} then -1 "
                f"else {' | '.join(f'({term})::bigint' for term in self._terms)} end")

    @property
    def unsure_fields(self) -> list[str]:
        """The field of each cell of ``unsure_sql``, in its order."""
        return list(self._unsure)

    @property
    def unsure_sql(self) -> str:
        """The texts of a row that its type does not answer for (VARCHAR[], NULL in place of the others), else NULL.

        A sound coded, dated or short numeric cell names nobody; a cell of another type may, and so may a long number or
        a value whose pattern a name would pass. The identifier is screened apart, once for all the rows that carry it.
        """
        if not self._unsure:
            return "null::varchar[]"
        cells = ", ".join(f"case when {condition} then {self.raw(field)} end"
                          for field, condition in self._unsure.items())
        return f"case when mask > 0 or {' or '.join(self._watched) or 'false'} then [{cells}] end"

    def _add_field(self, field: Field) -> None:
        raw, value = self.raw(field.name), field.column
        missing = self.bit(field.name, "REQUIRED_MISSING") if field.required else 0
        if field.name == self.contract.person_field:
            self._sound.append(f"{raw} is not null")
            self._terms.append(f"case when {parsing.is_blank(raw)} then {missing} else 0 end")
        elif field.name in self._raw:
            bounds = self._bounds(field)
            sound = " and ".join(bound for bound, _ in bounds) or f"{value} is not null"
            self._sound.append(sound if field.required else f"({raw} is null or {sound})")
            unread = self.bit(field.name, "ENUM_UNKNOWN" if field.enum else "TYPE_INVALID")
            self._watch(field, sound)
            others = " ".join(f"when not ({bound}) then {bit}" for bound, bit in bounds)
            self._terms.append(f"case when {value} is null and {parsing.is_blank(raw)} then {missing} "
                               f"when {value} is null then {unread} {others} else 0 end")

    def _watch(self, field: Field, sound: str) -> None:
        """Say which cells of a field the screen must read: the unsound ones, and what a sound one may still hide."""
        watched = ""
        if field.type in ("number", "integer") and (field.maximum is None or field.maximum >= LONG_NUMBER):
            watched = f"abs({field.column}) >= {LONG_NUMBER:.0f}"
        elif field.type == "string" and not field.enum and any(re.search(field.pattern or "", name) for name in A_NAME):
            known = self._known_values(field.name)
            watched = f"not {parsing.is_one_of(field.column, known)}" if known else f"{field.column} is not null"
        self._unsure[field.name] = f"({sound}) is not true" + (f" or {watched}" if watched else "")
        if watched:
            self._watched.append(watched)

    def _known_values(self, field: str) -> list[str]:
        """The values that a reference list of a rule gives to a field; empty when no rule does."""
        return sorted({row[column] for rule in self.contract.rules if rule.kind == "reference"
                       for name, column in zip(rule.fields, rule.params["columns"], strict=False) if name == field
                       for row in contracts.reference(rule.params["reference"])})

    def _bounds(self, field: Field) -> list[tuple[str, int]]:
        """What a value of the right type must still satisfy, and the bit it costs otherwise."""
        value, bounds = field.column, []
        if field.type in ("date", "yearmonth"):
            bounds.append((f"{value} between {EARLIEST} and {LATEST}", self.bit(field.name, "TYPE_INVALID")))
        if field.type == "number":
            bounds.append((f"abs({value}) < {LARGEST:.0f}", self.bit(field.name, "TYPE_INVALID")))
        for sign, limit in ((">=", field.minimum), ("<=", field.maximum)):
            if limit is not None:
                bounds.append((f"{value} {sign} {limit}", self.bit(field.name, "OUT_OF_RANGE")))
        if field.pattern:
            matches = f"regexp_full_match({value}, {quote(field.pattern)})"
            bounds.append((matches, self.bit(field.name, "PATTERN_MISMATCH")))
        return bounds

    def _add_rule(self, rule: Rule) -> None:
        broken = {"order": self._order, "window": self._window, "required_if": self._required_if,
                  "reference": lambda _: None}[rule.kind](rule)
        if broken:
            self._sound.append(f"({broken}) is not true")
            bit = self.bit(rule.fields[0], rule.reason_code)
            self._terms.append(f"case when {broken} then {bit} else 0 end")
            if rule.kind == "window" and rule.fields[0] in self._unsure:
                self._unsure[rule.fields[0]] += f" or {broken}"

    def _value(self, field: str) -> str:
        return self.contract.field(field).column

    def _order(self, rule: Rule) -> str:
        earlier, later = map(self._value, rule.fields)
        return f"{earlier} > {later}"

    def _window(self, rule: Rule) -> str:
        calendar = contracts.calendar()
        start, end = (quote(calendar[rule.params[side]]) for side in ("from", "to"))
        return f"{self._value(rule.fields[0])} not between date {start} and date {end}"

    def _required_if(self, rule: Rule) -> str:
        return (f"{parsing.is_blank(self.raw(rule.fields[0]))} "
                f"and {parsing.is_one_of(self._value(rule.params['when']) + '::varchar', rule.params['in'])}")
