"""Whether two DuckDB files hold the same accepted rows and the same marts.

Here: row counts, and the total of every number and the count of every other column. Not here: who built the files.
"""

from __future__ import annotations

import math
from pathlib import Path

import duckdb

from tznr_platform.settings import Settings
from tznr_platform.storage import connect

Totals = dict[str, dict[str, float | None]]
TOLERANCE = 1e-9


def totals(path: Path, settings: Settings, schemas: tuple[str, ...] = ("accepted", "marts")) -> Totals:
    """Facts of each relation of a file: ``rows``; of marts also each column, summed or counted."""
    with connect(path, settings=settings, read_only=True) as con:
        names = con.execute("select table_schema, table_name from information_schema.tables "
                            f"where table_schema in {schemas} order by all").fetchall()
        return {f"{schema}.{name}": _facts(con, schema, name) for schema, name in names}


def differences(left: Totals, right: Totals) -> list[str]:
    """What is not the same, one line each: relation, fact and both values; all are aggregates."""
    found = []
    for name in sorted({*left, *right}):
        ours, theirs = left.get(name, {}), right.get(name, {})
        found += [f"{name}.{fact}: {ours.get(fact)} / {theirs.get(fact)}" for fact in sorted({*ours, *theirs})
                  if not _same(ours.get(fact), theirs.get(fact))]
    return found


def _facts(con: duckdb.DuckDBPyConnection, schema: str, name: str) -> dict[str, float | None]:
    columns = con.execute(f"describe {schema}.{name}").fetchall() if schema == "marts" else []
    numbers = ("INTEGER", "SMALLINT", "BIGINT", "HUGEINT", "DOUBLE")
    asked = ["count(*) as rows", *(
        f"sum({column})::double as {column}" if kind.startswith(numbers) else f"count({column}) as {column}"
        for column, kind, *_ in columns)]
    result = con.execute(f"select {', '.join(asked)} from {schema}.{name}")
    return dict(zip([column[0] for column in result.description], result.fetchone(), strict=True))


def _same(left: float | None, right: float | None) -> bool:
    if left is None or right is None:
        return left is right
    return math.isclose(left, right, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
