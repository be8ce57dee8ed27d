"""From a contract to the columns of its Parquet files.

Here: the columns a table lands with, and its file without rows. Not here: their types (``contracts``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from tznr_platform.settings import Settings
from tznr_platform.storage import lake

if TYPE_CHECKING:
    from tznr_platform.contracts import Contract

TECHNICAL = {"delivery_id": "INTEGER", "line_number": "INTEGER"}


def landed_columns(contract: Contract) -> dict[str, str]:
    """Column name to type of the accepted rows: ``person_id`` replaces the exchange identifier."""
    return {field.column: field.data_type for field in contract.fields} | TECHNICAL


def ensure_schema_file(con: duckdb.DuckDBPyConnection, contract: Contract, settings: Settings) -> None:
    """Write ``_schema.parquet`` (no rows) unless the one there already has these columns."""
    path = lake.schema_file(settings, contract.name)
    columns = landed_columns(contract)
    if path.exists():
        found = con.execute(f"describe from read_parquet({lake.quote(path)})").fetchall()
        if {row[0]: row[1] for row in found} == columns:
            return
    nothing = ", ".join(f'null::{kind} as "{name}"' for name, kind in columns.items())
    lake.write_parquet(con, f"select {nothing} where false", path)
