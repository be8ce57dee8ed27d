"""The row rules of a contract as SQL: typed columns, and one number whose bits say what is wrong with a row.

Here: the checks a row can be judged on alone. A sound row costs one comparison with zero; reasons are spelled out
only for the others. Not here: what needs other rows or other tables of the lake (``judge``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tznr_platform import contracts
from tznr_platform.intake import parsing
from tznr_platform.storage.lake import quote
from tznr_platform.storage.schema import landed_type

if TYPE_CHECKING:
    from tznr_platform.contracts import Contract, Field, Rule

EARLIEST, LATEST = "date '1900-01-01'", "date '2100-12-31'"


@dataclass(frozen=True)
class Check:
    """A reason a row may be refused for, at a field; its rank among the checks is its bit."""

    field: str
    reason: str


class RowRules:
    """SQL of the typed columns and of the mask of a contract, for a file whose columns are in a given order."""

    def __init__(self, contract: Contract, columns: tuple[str | None, ...]) -> None:
        self.contract = contract
        self.checks: list[Check] = []
        self._raw = {name: f"c{index}" for index, name in enumerate(columns) if name is not None}
        self._terms = [term for field in contract.fields for term in self._field_terms(field)]
        self._terms += [self._rule_term(rule) for rule in contract.rules if rule.kind != "reference"]

    def bit(self, field: str, reason: str) -> int:
        """The value of the bit of a check, which is created on first use."""
        check = Check(field, reason)
        if check not in self.checks:
            self.checks.append(check)
        if len(self.checks) > 62:
            raise ValueError(f"too many checks for one mask: {self.contract.name}")
        return 1 << self.checks.index(check)

    def raw(self, field: str) -> str:
        return self._raw.get(field, "null::varchar")

    @property
    def typed_sql(self) -> str:
        """Select list of the typed columns, under their names in the lake; the person's is the raw ``p1``."""
        return ", ".join(f"{self.raw(field.name)} as p1" if field.name == self.contract.person_field
                         else f"{parsing.parsed(field, self.raw(field.name))} as {field.column}"
                         for field in self.contract.fields)

    @property
    def mask_sql(self) -> str:
        """0 for a sound row, -1 for a line of empty cells, else the bits of its checks."""
        empty = " and ".join(parsing.is_blank(raw) for raw in self._raw.values())
        first = next(self._raw[field.name] for field in self.contract.fields if field.required)
        mask = " + ".join(self._terms) or "0"
        return f"case when {parsing.is_blank(first)} and {empty} then -1 else ({mask})::bigint end"

    def _field_terms(self, field: Field) -> list[str]:
        raw, value = self.raw(field.name), field.column
        missing = self.bit(field.name, "REQUIRED_MISSING") if field.required else 0
        if field.name == self.contract.person_field:
            return [f"case when {parsing.is_blank(raw)} then {missing} else 0 end"]
        if field.name not in self._raw:
            return []
        unread = self.bit(field.name, "ENUM_UNKNOWN" if field.enum else "TYPE_INVALID")
        sound = f"case when {value} is null then case when {parsing.is_blank(raw)} then {missing} else {unread} end"
        if outside := _outside(field):
            sound += f" when {outside} then {self.bit(field.name, 'OUT_OF_RANGE')}"
        if field.type in ("date", "yearmonth"):
            sound += f" when {value} not between {EARLIEST} and {LATEST} then {unread}"
        if field.pattern:
            odd = f"not regexp_full_match({value}, {quote(field.pattern)})"
            sound += f" when {odd} then {self.bit(field.name, 'PATTERN_MISMATCH')}"
        return [sound + " else 0 end"]

    def _rule_term(self, rule: Rule) -> str:
        condition = {"order": self._order, "window": self._window, "required_if": self._required_if}[rule.kind](rule)
        return f"case when {condition} then {self.bit(rule.fields[0], rule.reason_code)} else 0 end"

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
        values = ", ".join(map(quote, rule.params["in"]))
        return (f"{parsing.is_blank(self.raw(rule.fields[0]))} "
                f"and {self._value(rule.params['when'])}::varchar in ({values})")


def _outside(field: Field) -> str:
    bounds = (("<", field.minimum), (">", field.maximum))
    return " or ".join(f"{field.column} {sign} {quote(bound)}::{landed_type(field)}"
                       for sign, bound in bounds if bound is not None)
