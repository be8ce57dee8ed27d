"""Estimates as files of the lake, each with the hash of the marts it was computed from.

Here: the hash of the marts, the write of an estimate, the reading of those that are not older than the marts. Not here:
how anything is estimated (``estimation``), what of it may be shown (``disclosure``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pandas as pd

from tznr_platform.settings import Settings
from tznr_platform.storage import lake, warehouse

PREFIX, HASH = "estimates_", "marts_hash"


def estimate_file(settings: Settings, name: str) -> Path:
    return settings.lake_dir / "estimates" / f"{name}.parquet"


def marts_hash(con: duckdb.DuckDBPyConnection) -> str | None:
    """Order-free hash of every row of every mart of the open warehouse; None where there is no mart."""
    tables = con.execute("select table_name from information_schema.tables where table_schema = 'marts' "
                         "order by 1").fetchall()
    digest = hashlib.sha256()
    for (name,) in tables:
        columns = con.execute(
            "select string_agg(column_name || ' ' || data_type, ',' order by ordinal_position) "
            "from information_schema.columns where table_schema = 'marts' and table_name = ?",
            [name],
        ).fetchone()[0]
        rows = con.execute(
            f'select count(*), sum(hash(mart)::hugeint) from marts."{name}" as mart'
        ).fetchone()
        digest.update(f"{name}({columns}):{rows}".encode())
    return digest.hexdigest() if tables else None


def write_estimates(settings: Settings, frames: Mapping[str, pd.DataFrame], computed_from: str | None) -> None:
    """Write ``lake/estimates/<name>.parquet`` for each frame; ``computed_from``: ``marts_hash`` of what was read."""
    with warehouse.connect(None, settings=settings) as con:
        for name, frame in frames.items():
            con.register("written", frame)
            lake.write_parquet(con, "select * from written", estimate_file(settings, name),
                               notes={HASH: computed_from or ""})
            con.unregister("written")


def show_current(con: duckdb.DuckDBPyConnection, settings: Settings, computed_from: str | None) -> set[str]:
    """Make every estimate of these very marts a temporary view ``estimates_<name>``; return their names.

    An estimate of other marts is left out: it says nothing of what is published now.
    """
    found = {path.stem: path for path in sorted(estimate_file(settings, "any").parent.glob("*.parquet"))
             if _computed_from(con, path) == computed_from}
    for name, path in found.items():
        con.execute(view_sql(name, path))
    return set(found)


def view_sql(name: str, path: Path) -> str:
    """The statement that makes one estimate readable."""
    return f"create or replace temp view {PREFIX}{name} as from read_parquet({lake.quote(path)})"


def _computed_from(con: duckdb.DuckDBPyConnection, path: Path) -> str | None:
    """The hash written with an estimate; None for a file without one."""
    row = con.execute("select value::varchar from parquet_kv_metadata(?) where key::varchar = ?",
                      [str(path), HASH]).fetchone()
    return row[0] if row else None
