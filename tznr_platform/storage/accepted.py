"""The door from the lake to dbt: views of what was accepted, tables of what is reference.

Here: the schemas ``accepted``, ``reference``, ``intake`` and ``entitlements`` of the working file. Not here: what dbt
builds, what it may leave as it is (``refresh``, ``feed``: they are told here what lies behind each source).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from tznr_platform import contracts
from tznr_platform.settings import Settings
from tznr_platform.storage import feed, lake, refresh, registers, schema, theoretical

if TYPE_CHECKING:
    from tznr_platform.contracts import Contract


def load_accepted(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """(Re)create ``accepted.*`` views and the tables of the other schemas in the open working file.

    ``accepted.<table>`` reads the files of the current deliveries only, and of the persons who may be used: neither
    excluded (arrêté du 12 mai 2025: an objection takes effect on what was sent before it, too) nor restricted (RGPD,
    article 18). The working file names those who stay, so that no table of it holds one who does not.
    """
    for name in ("accepted", "reference", "intake", "entitlements"):
        con.execute(f"create schema if not exists {name}")
    con.execute(f"create or replace table intake.deliveries as {registers.deliveries(settings)}")
    con.execute("create or replace table intake.quarantine_counts as "
                "select delivery_id, field_name, reason_code, count(*) as row_count "
                f"from ({registers.quarantine(settings)}) group by all order by all")
    con.execute("create or replace table intake.present_persons as "
                f"select person_id from ({registers.present_persons(settings)}) order by 1")
    con.execute(f"create or replace table entitlements.theoretical as {theoretical.theoretical(settings)}")
    for name in contracts.reference_names():
        _load_reference(con, name)
    tables = ["intake.deliveries", "intake.quarantine_counts", "intake.present_persons", "entitlements.theoretical",
              *(f"reference.{name}" for name in contracts.reference_names())]
    known = contracts.contracts().values()
    files = {f"accepted.{contract.name}": _accepted_view(con, contract, settings) for contract in known}
    of_persons = {f"accepted.{contract.name}" for contract in known if contract.person_field}
    persons = registers.persons(settings)
    refresh.note_inputs(con, tables, files, of_persons, persons)
    feed.note_news(con, files[f"accepted.{feed.TABLE}"], persons)


def _load_reference(con: duckdb.DuckDBPyConnection, name: str) -> None:
    """All columns are text, as in the file; an empty cell is NULL."""
    rows = [{key: value or None for key, value in row.items()} for row in contracts.reference(name)]
    table = pa.Table.from_pylist(rows, schema=pa.schema([(key, pa.string()) for key in rows[0]]))
    con.register("reference_rows", table)
    con.execute(f'create or replace table reference."{name}" as from reference_rows')
    con.unregister("reference_rows")


def _accepted_view(con: duckdb.DuckDBPyConnection, contract: Contract, settings: Settings) -> list[Path]:
    """Create the view; the files it reads."""
    schema.ensure_schema_file(con, contract, settings)
    current = con.execute("select sender_code, period, delivery_id from intake.deliveries where "
                          "table_name = ? and is_current order by delivery_id", [contract.name]).fetchall()
    files = [lake.schema_file(settings, contract.name)]
    files += [lake.accepted_file(settings, contract.name, *delivery) for delivery in current]
    listed = ", ".join(map(lake.quote, files))
    present = "semi join intake.present_persons using (person_id)" if contract.person_field else ""
    con.execute(f'create or replace view accepted."{contract.name}" as select landed.* '
                f"from read_parquet([{listed}], hive_partitioning = false) as landed {present}")
    return files
