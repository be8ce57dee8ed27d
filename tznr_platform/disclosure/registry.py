"""Every table of numbers that may leave, what it counts, and the sums that link its cells.

Here: reading ``tables.yml`` and ``tables_estimates.yml``, and listing the declared relations of a frame of
numbers. Belongs here: anything that says what a table is. Not here: thresholds (``policy``), SQL
(``reporting.numbers``). A table that is in neither file is not exportable.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import pandas as pd
import yaml

from tznr_platform.errors import PermanentError

FILES = tuple(Path(__file__).with_name(f"{name}.yml") for name in ("tables", "tables_estimates"))
KINDS = ("count", "share", "derived", "public")
NATION = "FR"
NO_CODE = "inconnu"


@dataclass(frozen=True)
class Measure:
    """One measure of a table; ``within`` names the count it is a part of, ``follows`` what decides of it.

    ``rounded``: a count given to the ten below. ``note``: column of words that stand beside the value, or for it.
    """

    name: str
    column: str
    label: str
    unit: str
    kind: str
    within: str | None = None
    of: str | None = None
    follows: tuple[str, ...] = ()
    sensitive: bool = False
    population: str = "persons"
    minimum: int | None = None
    dominance: str | None = None
    unavailable_when: str | None = None
    rounded: bool = False
    note: str | None = None

    @property
    def bases(self) -> tuple[str, ...]:
        """The counts without which this measure is not published."""
        return (*self.follows, *((self.of,) if self.of else ()))


@dataclass(frozen=True)
class Table:
    """One registered table: its mart, filter, dimensions, totals, and the sender tables that feed it.

    ``estimate``: the estimate of the lake that is read instead of the mart, which then says whose data feed it.
    """

    id: str
    title: str
    mart: str
    definition: str
    population: str
    dimensions: tuple[str, ...]
    sources: tuple[str, ...]
    measures: dict[str, Measure]
    estimate: str | None = None
    where: str | None = None
    totals: dict[str, str] = field(default_factory=dict)
    by_territory: bool = True
    sums: bool = False

    @property
    def relation(self) -> str:
        """What its numbers are read from, as a query names it."""
        return f"estimates_{self.estimate}" if self.estimate else f"marts.{self.mart}"


@dataclass(frozen=True)
class Relation:
    """``total`` = sum of ``parts`` (number ids); not exact where a person may be counted in several parts."""

    measure: Measure
    total: str
    parts: tuple[str, ...]
    exact: bool


@functools.cache
def tables() -> dict[str, Table]:
    """All registered tables by id; PermanentError when the file contradicts itself."""
    declared = (yaml.safe_load(file.read_text(encoding="utf-8")).items() for file in FILES)
    return {name: _table(name, entry) for name, entry in chain.from_iterable(declared)}


def measure_of(table_id: str, measure: str) -> Measure:
    """The declared measure; PermanentError when the table or the measure is not registered."""
    try:
        return tables()[table_id].measures[measure]
    except KeyError:
        raise PermanentError(f"table non enregistrée, donc non exportable : {table_id}.{measure}") from None


def sibling(number_id: str, measure: str) -> str:
    """The id of another measure of the same cell."""
    table_id, _, rest = number_id.split(".", 2)
    return f"{table_id}.{measure}.{rest}"


def relations(frame: pd.DataFrame) -> Iterator[Relation]:
    """Every declared sum among the count cells of a frame of numbers (columns of the numbers table)."""
    for (table_id, name), rows in frame.groupby(["table_id", "measure"], sort=True):
        measure = measure_of(table_id, name)
        if measure.kind != "count":
            continue
        table = tables()[table_id]
        cells = pd.DataFrame([json.loads(text) for text in rows["dimensions"]], index=rows["number_id"],
                             columns=list(table.dimensions), dtype=str)
        cells["territory_code"] = rows["territory_code"].to_numpy()
        totals = table.totals | ({"territory_code": NATION} if table.by_territory else {})
        for dimension, total in totals.items():
            yield from _sums(measure, cells, dimension, total, exact=dimension != "territory_code")


def _sums(
    measure: Measure, cells: pd.DataFrame, dimension: str, total: str, *, exact: bool
) -> Iterator[Relation]:
    others = [name for name in cells.columns if name != dimension]
    groups = cells.groupby(others, sort=True) if others else [((), cells)]
    for _, group in groups:
        is_total = group[dimension] == total
        if is_total.sum() == 1 and len(group) > 1:
            yield Relation(measure, group.index[is_total][0], tuple(group.index[~is_total]), exact)


def _table(name: str, entry: dict) -> Table:
    measures = {key: _measure(name, key, value) for key, value in entry.pop("measures").items()}
    for measure in measures.values():
        unknown = {*measure.follows, measure.within, measure.of} - {None} - set(measures)
        if unknown:
            raise PermanentError(f"registre : {name}.{measure.name} renvoie à {sorted(unknown)}")
    dimensions, sources = tuple(entry.pop("dimensions")), tuple(entry.pop("sources"))
    return Table(id=name, dimensions=dimensions, sources=sources, measures=measures, **entry)


def _measure(table: str, name: str, entry: dict) -> Measure:
    measure = Measure(name=name, **{**entry, "follows": tuple(entry.get("follows", ()))})
    needs = {"share": measure.of, "derived": measure.follows}
    if measure.kind not in KINDS or not needs.get(measure.kind, True):
        raise PermanentError(f"registre : {table}.{name} n'est pas complètement déclaré")
    return measure
