"""What DuckDB leaves of deleted rows in its file: the measurement on which the erasure rests, on the pinned version.

The marker is searched in plain bytes, so the database is not compressed: a dictionary would hide it even before.
Source: methods 8.4, measured there on 1.4.5 and 2.0.0.
"""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import pytest

MARKER = "MARQUEUR-7413-QUI-DEVAIT-DISPARAITRE"
ROWS, ONE_IN = 100_000, 1_000
HALF = "delete from people where id % 2 = 0"

STAYS = {
    "delete": "delete from people where is_marked",
    "delete, checkpoint": "delete from people where is_marked; checkpoint",
    "delete, force checkpoint": "delete from people where is_marked; force checkpoint",
    "delete, vacuum": "delete from people where is_marked; vacuum; checkpoint",
    "delete half, checkpoint": f"{HALF}; checkpoint",
    "update to null": "update people set name = null where is_marked; checkpoint",
    "create or replace": "create or replace table people as from people where not is_marked; checkpoint",
    "drop table": "drop table people; checkpoint",
}


def people(path: Path) -> None:
    with duckdb.connect(path) as con:
        con.execute("set force_compression = 'uncompressed'")
        con.execute(f"create table people as select i as id, i % {ONE_IN} = 0 as is_marked, "
                    f"case when i % {ONE_IN} = 0 then '{MARKER}-' || i else md5(i::varchar) end as name "
                    f"from range({ROWS}) t(i)")
        con.execute("checkpoint")
        con.execute("create table others as select id, md5(name) as name from people")


def marks(folder: Path) -> int:
    return sum(path.read_bytes().count(MARKER.encode()) for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    people(tmp_path / "people.duckdb")
    assert marks(tmp_path) >= ROWS // ONE_IN
    return tmp_path


@pytest.mark.parametrize("act", STAYS.values(), ids=STAYS.keys())
def test_nothing_done_inside_a_database_removes_the_bytes(folder: Path, act: str):
    with duckdb.connect(folder / "people.duckdb") as con:
        con.execute("set force_compression = 'uncompressed'")
        con.execute(act)
    assert marks(folder) > 0


def test_a_new_file_written_from_what_is_left_does_not_have_them(folder: Path):
    old, new = folder / "people.duckdb", folder / "new.duckdb"
    with duckdb.connect(old) as con:
        con.execute("delete from people where is_marked")
        con.execute(f"attach '{new}' as fresh")
        con.execute("copy from database people to fresh")
    old.unlink()
    os.replace(new, old)
    assert marks(folder) == 0
    with duckdb.connect(old) as con:
        assert con.execute("select count(*) from people").fetchone() == (ROWS - ROWS // ONE_IN,)


def test_an_export_is_one_more_copy_to_destroy(folder: Path):
    old, export = folder / "people.duckdb", folder / "export"
    with duckdb.connect(old) as con:
        con.execute(f"export database '{export}'")
    old.unlink()
    assert marks(folder) > 0


def test_parquet_written_again_does_not_have_them(folder: Path):
    old, new = folder / "people.parquet", folder / "new.parquet"
    with duckdb.connect(folder / "people.duckdb") as con:
        con.execute(f"copy people to '{old}' (format parquet, compression uncompressed)")
        con.execute(f"copy (from '{old}' where not is_marked) to '{new}' (format parquet, compression uncompressed)")
    (folder / "people.duckdb").unlink()
    assert marks(folder) > 0
    os.replace(new, old)
    assert marks(folder) == 0


def test_compression_hides_a_marker_before_any_deletion(tmp_path: Path):
    """Why the searches of this project read compressed tables back instead of trusting their bytes."""
    with duckdb.connect(tmp_path / "people.duckdb") as con:
        con.execute(f"create table people as select '{MARKER}-' || (i % 50) as name from range({ROWS}) t(i)")
    stored = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert marks(tmp_path) < 200 and stored < ROWS * len(MARKER) // 4


def test_deleting_half_of_a_table_does_not_shrink_the_file(folder: Path):
    before = (folder / "people.duckdb").stat().st_size
    with duckdb.connect(folder / "people.duckdb") as con:
        con.execute(f"{HALF}; checkpoint")
    assert (folder / "people.duckdb").stat().st_size >= before


def test_only_the_last_table_of_a_file_leaves_with_its_bytes(folder: Path):
    """Unlike the versions measured before, the end of the file is cut off; one table written later keeps the bytes."""
    with duckdb.connect(folder / "people.duckdb") as con:
        con.execute("drop table others; drop table people; checkpoint")
    assert marks(folder) == 0
