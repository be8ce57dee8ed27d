"""What a contract is, once read: plain frozen records.

Here: the shape of a table, a field, a rule, a sender, a reason code. Not here: reading or checking them
(``loader``, ``reference_lists``).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

DATA_TYPES = {"string": "VARCHAR", "date": "DATE", "yearmonth": "DATE", "integer": "BIGINT",
              "number": "DOUBLE", "boolean": "BOOLEAN"}
PERSON_FIELD = "identifiant"


@dataclass(frozen=True)
class Field:
    """One column of a sender's table; ``name`` is the sender's (French), ``column`` ours (English).

    ``enum`` holds the single codes of a field with a ``multi_separator``; ``labels`` gives the French of
    every code or level; ``is_proposal``: no official source fixes the field (« proposition du projet »).
    """

    name: str
    column: str
    type: str
    title: str
    description: str
    example: str | int | float
    required: bool
    enum: tuple[str, ...] | None
    pattern: str | None
    minimum: float | None
    maximum: float | None
    true_values: tuple[str, ...]
    false_values: tuple[str, ...]
    multi_separator: str | None
    sensitivity: str
    legal_basis: str
    retention: str
    is_proposal: bool
    labels: Mapping[str, str] = dataclasses.field(hash=False)

    @property
    def data_type(self) -> str:
        """DuckDB type of the landed column; ``INTEGER`` for the person, who lands as a key."""
        return "INTEGER" if self.name == PERSON_FIELD else DATA_TYPES[self.type]


@dataclass(frozen=True)
class Rule:
    """A rule between the fields of one row.

    ``order``: fields = (earlier, later). ``window``: fields = (date,), params from/to = keys of the calendar.
    ``required_if``: fields = (needed,), params when = field, in = values as text.
    ``reference``: fields = (codes…, value), params reference = list, columns = its key, value = the field
    that is bounded, minimum/maximum = the columns of the list that bound it.
    """

    kind: str
    fields: tuple[str, ...]
    reason_code: str
    params: Mapping[str, object] = dataclasses.field(hash=False)


@dataclass(frozen=True)
class ForeignKey:
    """Fields that name a row of another table; a relation, hence not judged row by row at reception."""

    fields: tuple[str, ...]
    table: str
    target_fields: tuple[str, ...]


@dataclass(frozen=True)
class Contract:
    """One table: who may send it, how often, which fields, which rules, how long it is kept."""

    name: str
    title: str
    description: str
    sender_kind: str
    senders: tuple[str, ...]
    fields: tuple[Field, ...]
    primary_key: tuple[str, ...]
    foreign_keys: tuple[ForeignKey, ...]
    rules: tuple[Rule, ...]
    cadence: str
    filenames: tuple[str, ...]
    legal_basis: str
    retention_code: str

    def field(self, name: str) -> Field:
        """The field of that (French) name; ``KeyError`` if there is none."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(f"{self.name}.{name}")

    @property
    def person_field(self) -> str | None:
        return PERSON_FIELD if any(field.name == PERSON_FIELD for field in self.fields) else None


@dataclass(frozen=True)
class Sender:
    """Who may send: ``kind`` is territory, body, evaluator or open_data."""

    code: str
    kind: str
    label: str


@dataclass(frozen=True)
class ReasonCode:
    """Why a row or a file is answered as it is: ``level`` is row, file, info or fact; the words are French."""

    code: str
    level: str
    message: str
    remedy: str
