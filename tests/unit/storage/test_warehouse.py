"""One writer, readers on a published copy."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tznr_platform.errors import ExitCode, UserError
from tznr_platform.settings import Settings
from tznr_platform.storage import connect, load_accepted, publish, writer
from tznr_platform.storage.warehouse import row_counts

HOLD = ("import sys\nfrom pathlib import Path\nfrom tznr_platform.settings import Settings\n"
        "from tznr_platform.storage import writer\n"
        "with writer(Settings(data_dir=Path(sys.argv[1]))):\n"
        "    print('held', flush=True)\n    sys.stdin.read()\n")


@pytest.fixture
def settings(tmp_path):
    return Settings(data_dir=tmp_path / "data")


def test_limits_are_set_and_nothing_is_fetched(settings):
    with connect(None, settings=settings) as con:
        found = dict(con.execute("select name, value from duckdb_settings()").fetchall())
    assert found["threads"] == "2" and found["autoinstall_known_extensions"] == "false"
    assert found["temp_directory"] == str(settings.spill_dir)


def test_a_query_larger_than_memory_spills_to_a_private_folder_and_leaves_nothing(tmp_path):
    small = Settings(data_dir=tmp_path / "data", memory_limit="60MB")
    with connect(None, settings=small) as con:
        con.execute("create table t as select sha256(i::varchar) as s from range(1000000) as r(i)")
        assert con.execute("select count(*) from (select s from t group by s)").fetchone() == (1_000_000,)
    assert small.spill_dir.stat().st_mode & 0o077 == 0
    assert list(small.spill_dir.iterdir()) == []


def test_a_second_writer_is_told_to_wait(settings):
    other = subprocess.Popen([sys.executable, "-c", HOLD, str(settings.data_dir)], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(UserError) as refusal, writer(settings):
            pass
        assert refusal.value.exit_code == ExitCode.BUSY
        with pytest.raises(UserError) as refusal:
            connect(settings.working_file, settings=settings, read_only=True)
        assert refusal.value.exit_code == ExitCode.BUSY
    finally:
        other.communicate("")
    with writer(settings):
        pass


def test_a_broken_file_says_how_to_rebuild(settings):
    settings.working_file.parent.mkdir(parents=True)
    settings.working_file.write_bytes(b"not a database" * 1000)
    with pytest.raises(UserError) as refusal, writer(settings):
        pass
    assert refusal.value.exit_code == ExitCode.STORAGE


def test_publishing_copies_the_marts_only_and_keeps_open_readers(settings):
    for number in (1, 2):
        with writer(settings) as con:
            con.execute("create schema if not exists marts")
            con.execute("create schema if not exists staging")
            con.execute("create or replace table staging.secret as select 1 as person_id")
            con.execute(f"create or replace table marts.mart_x as select {number} as row_count")
            assert row_counts(con) == {"secret": 1, "mart_x": 1}
        if number == 2:
            reader = connect(settings.published_file, settings=settings, read_only=True)
        publish(settings)
    with connect(settings.published_file, settings=settings, read_only=True) as con:
        tables = con.execute("select schema_name, table_name from duckdb_tables()").fetchall()
    assert tables == [("marts", "mart_x")]
    assert reader.execute("select row_count from marts.mart_x").fetchone() == (1,)
    reader.close()


def test_nothing_to_publish(settings):
    with writer(settings):
        pass
    with pytest.raises(UserError, match="rien à publier"):
        publish(settings)
    assert not settings.published_file.exists()


def test_an_empty_lake_still_has_every_table(settings):
    from tznr_platform import contracts

    with writer(settings) as con:
        load_accepted(con, settings)
        load_accepted(con, settings)
        for name, contract in contracts.contracts().items():
            columns = [row[0] for row in con.execute(f'describe accepted."{name}"').fetchall()]
            assert columns == [*(field.column for field in contract.fields), "delivery_id", "line_number"]
            assert con.execute(f'select count(*) from accepted."{name}"').fetchone() == (0,)
        assert con.execute("select count(*) from reference.territories").fetchone() == (39,)
        assert con.execute("select count(*) from intake.deliveries").fetchone() == (0,)
