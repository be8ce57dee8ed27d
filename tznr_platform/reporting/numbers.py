"""The long table of numbers: one row a number that a report may show, protected before it is written.

Here: the SQL made from the table registry, the labels, the write of ``lake/disclosed``. Belongs here:
anything between a published mart and a disclosed number. Not here: what may leave (``disclosure``), how it
is shown (``sections``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from quality import candidate
from tznr_platform import disclosure
from tznr_platform.disclosure.registry import NATION, NO_CODE, Measure, Table, tables
from tznr_platform.errors import ExitCode, UserError
from tznr_platform.reporting.labels import label
from tznr_platform.settings import Settings
from tznr_platform.storage import lake, warehouse
from tznr_platform.storage.estimates import marts_hash, show_current

if TYPE_CHECKING:
    import duckdb

COLUMNS = ("number_id", "table_id", "measure", "territory_code", "dimensions", "value", "unit_code",
           "contributor_count", "status_code", "mart", "query", "label_fr", "note_fr")


@dataclass(frozen=True)
class NumbersOutcome:
    """What was written: counts by status, findings of the auditor, counts by table."""

    number_count: int
    published_count: int
    masked_count: int
    unavailable_count: int
    finding_count: int
    by_table: pd.DataFrame


def write_numbers(settings: Settings) -> NumbersOutcome:
    """Compute, protect and write the numbers of the published marts, then have the auditor judge the
    written file.
    """
    if not settings.published_file.exists():
        raise UserError("Il n'y a pas encore de résultats publiés.", where=str(settings.published_file),
                        why="les chiffres se calculent sur les résultats publiés", remedy="lancer tznr run",
                        exit_code=ExitCode.STORAGE)
    with opened(settings) as (con, computed):
        shown = disclosure.protect(_compute(con, computed))[list(COLUMNS)]
        computed_from = marts_hash(con)
        con.register("shown", shown)
        lake.write_parquet(con, "select * from shown order by number_id", candidate.numbers_file(settings))
    findings = disclosure.audit(read_numbers(settings).reset_index())
    result = {
        "numbers_sha256": candidate.file_hash(candidate.numbers_file(settings)),
        "marts_hash": computed_from,
        "finding_count": len(findings),
        "findings": findings,
    }
    lake.atomic_write_text(candidate.audit_file(settings), json.dumps(result, ensure_ascii=False))
    return _outcome(shown, len(findings))


def read_numbers(settings: Settings) -> pd.DataFrame:
    """The disclosed numbers, indexed by ``number_id``; UserError when they were not computed yet."""
    path = candidate.numbers_file(settings)
    if not path.exists():
        raise UserError("Les chiffres diffusables n'ont pas encore été calculés.", where=str(path),
                        why="aucun traitement n'est allé jusque-là", remedy="lancer tznr run",
                        exit_code=ExitCode.STORAGE)
    with warehouse.connect(None, settings=settings) as con:
        return con.execute(f"from read_parquet({lake.quote(path)})").df().set_index("number_id")


@contextmanager
def opened(settings: Settings) -> Iterator[tuple[duckdb.DuckDBPyConnection, set[str]]]:
    """The published marts and, as views ``estimates_<name>``, the estimates of these very marts: connection and names.

    Every query of the table of numbers runs on it.
    """
    with warehouse.connect(settings.published_file, settings=settings, read_only=True) as con:
        yield con, show_current(con, settings, marts_hash(con))


def _compute(con: duckdb.DuckDBPyConnection, computed: set[str]) -> pd.DataFrame:
    """All numbers before protection; a table whose estimate is not among the ``computed`` ones has none."""
    statements = [
        _measure_sql(table, measure)
        for table in tables().values()
        if table.mart != "champ" and (table.estimate is None or table.estimate in computed)
        for measure in table.measures.values()
    ]
    statements += [
        _field_sql(table)
        for table in tables().values()
        if "territory_code" in (table.where or "") or table.by_territory or table.estimate
    ]
    statements += [_computed_sql(table, computed) for table in tables().values() if table.estimate]
    frame = pd.concat([con.execute(statement).df() for statement in statements], ignore_index=True)
    frame["label_fr"] = [
        _label(*row) for row in frame[["table_id", "measure", "dimensions", "territory_code"]].values
    ]
    return frame


def _measure_sql(table: Table, measure: Measure) -> str:
    """One registered measure as rows of the numbers table, whole column at once."""
    value = _value(table, measure)
    if measure.unavailable_when:
        value = f"case when not ({measure.unavailable_when}) then {value} end"
    territory = "territory_code" if table.by_territory else f"'{NATION}'"
    keys = [*table.dimensions, *(["territory_code"] if table.by_territory else [])]
    pairs = ", ".join(f"'{name}', {name}::varchar" for name in table.dimensions)
    where = f" where {table.where}" if table.where else ""
    group = f" group by {', '.join(keys)}" if table.sums else ""
    return f"""
        select {_id_sql(table, measure.name)} as number_id, '{table.id}' as table_id,
               '{measure.name}' as measure, {territory} as territory_code,
               {f"json_object({pairs})" if pairs else "'{}'"}::varchar as dimensions,
               ({value})::double as value, '{measure.unit}' as unit_code, {_contributors(table, measure)} as
               contributor_count, {measure.dominance or "null"}::double as largest_share,
               '{table.relation}' as mart,
               {_query_sql(table, measure, keys)} as query, {measure.note or "null"}::varchar as note_fr
        from {table.relation}{where}{group} order by 1"""


def _value(table: Table, measure: Measure) -> str:
    """The SQL of a value; a rounded count under 20 becomes 10 at most, which is masked as any count under the
    threshold."""
    if measure.rounded:
        column = measure.column
        return f"greatest({column} - {column} % 10, least({column}, 10))"
    return f"sum({measure.column})" if table.sums else measure.column


def _id_sql(table: Table, measure: str) -> str:
    """``<table>.<measure>.<dimensions>.<territory>``; a dimension at its total value is left out."""
    parts = [
        f"nullif(coalesce({name}::varchar, '{NO_CODE}'), '{table.totals.get(name, '')}')"
        for name in table.dimensions
    ]
    territory = "territory_code" if table.by_territory else f"'{NATION}'"
    return f"concat_ws('.', '{table.id}', '{measure}', {', '.join([*parts, territory])})"


def _contributors(table: Table, measure: Measure) -> str:
    base = next(iter((measure.name,) if measure.kind == "count" else measure.bases), None)
    return f"({_value(table, table.measures[base])})::bigint" if base and not table.sums else "null::bigint"


def _query_sql(table: Table, measure: Measure, keys: list[str]) -> str:
    """An SQL expression that writes, for each row, the query that gives this one number again."""
    value = _value(table, measure)
    where = [lake.quote(f"({table.where})")] if table.where else []
    where += [f"coalesce('{key} = ''' || {key}::varchar || '''', '{key} is null')" for key in keys]
    condition = " || ' and ' || ".join(where) or "'true'"
    return f"{lake.quote(f'select {value} from {table.relation} where ')} || {condition}"


def _field_sql(table: Table) -> str:
    """How many territories feed a table: the coverage line of its figures."""
    present = " and has_deliveries" if table.mart == "mart_coverage" else ""
    where = f"territory_code <> '{NATION}'{present}"
    query = f"select count(distinct territory_code) from marts.{table.mart} where {where}"
    return f"""
        select 'champ.territoires.{table.id}.FR' as number_id, 'champ' as table_id, 'territoires' as measure,
               'FR' as territory_code, '{{"table_id": "{table.id}"}}' as dimensions,
               ({query})::double as value,
               'territoires' as unit_code, null::bigint as contributor_count, null::double as largest_share,
               'marts.{table.mart}' as mart, {lake.quote(query)} as query, null::varchar as note_fr"""


def _computed_sql(table: Table, computed: set[str]) -> str:
    """How many rows an estimate has; not available when it was not computed from the marts that are published."""
    query = f"select count(*) from {table.relation}" if table.estimate in computed else "select null"
    return f"""
        select 'champ.calcul.{table.id}.FR' as number_id, 'champ' as table_id, 'calcul' as measure,
               'FR' as territory_code, '{{"table_id": "{table.id}"}}' as dimensions, ({query})::double as value,
               'lignes' as unit_code, null::bigint as contributor_count, null::double as largest_share,
               '{table.relation}' as mart, {lake.quote(query)} as query, null::varchar as note_fr"""


def _label(table_id: str, measure: str, dimensions: str, territory: str) -> str:
    table = tables()[table_id]
    codes = [
        label(name, code) for name, code in json.loads(dimensions).items() if code != table.totals.get(name)
    ]
    place = "France" if territory == NATION else territory
    return " – ".join([table.measures[measure].label, *codes, place])


def _outcome(shown: pd.DataFrame, finding_count: int) -> NumbersOutcome:
    status = shown["status_code"].value_counts()
    by_table = (
        shown.groupby(["table_id", "status_code"])
        .size()
        .unstack(fill_value=0)
        .rename(columns={"published": "publiés", "masked": "masqués", "unavailable": "non disponibles"})
        .reset_index(names="table")
    )
    return NumbersOutcome(len(shown), int(status.get("published", 0)), int(status.get("masked", 0)),
                          int(status.get("unavailable", 0)), finding_count, by_table)
