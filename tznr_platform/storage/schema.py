"""From a contract to the columns of its Parquet files.

Here: the type each kind of field lands as. Not here: how a sender's text becomes that type (``intake``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from tznr_platform.settings import Settings
from tznr_platform.storage import lake

if TYPE_CHECKING:
    from tznr_platform.contracts import Contract, Field

LANDED_TYPES = {"string": "VARCHAR", "date": "DATE", "yearmonth": "DATE", "integer": "BIGINT",
                "number": "DOUBLE", "boolean": "BOOLEAN"}
TECHNICAL = {"delivery_id": "INTEGER", "line_number": "INTEGER"}


def landed_type(field: Field) -> str:
    """DuckDB type of a field in the lake; ``KeyError`` for a type the platform does not know."""
    return LANDED_TYPES[field.type]


def landed_columns(contract: Contract) -> dict[str, str]:
    """Column name to type of the accepted rows: ``person_id`` replaces the exchange identifier."""
    columns = {"person_id" if field.name == contract.person_field else field.column:
               "INTEGER" if field.name == contract.person_field else landed_type(field)
               for field in contract.fields}
    return columns | TECHNICAL


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
