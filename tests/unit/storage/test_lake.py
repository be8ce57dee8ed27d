"""Files appear whole or not at all."""

from __future__ import annotations

import errno

import duckdb
import pytest

from tznr_platform.errors import ExitCode, UserError
from tznr_platform.settings import Settings
from tznr_platform.storage import connect, lake


def test_paths_follow_the_grammar(tmp_path):
    settings = Settings(data_dir=tmp_path)
    path = lake.accepted_file(settings, "droits", "TZNR-05", "2025-T2", 7)
    expected = "accepted/droits/sender=TZNR-05/period=2025-T2/d7.parquet"
    assert path.relative_to(settings.lake_dir).as_posix() == expected


def test_a_failed_write_leaves_the_old_file_and_no_trace(tmp_path, monkeypatch):
    path = tmp_path / "f.txt"
    lake.atomic_write_text(path, "ancien")
    monkeypatch.setattr(lake.os, "replace", lambda *_: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full")))
    with pytest.raises(UserError) as refusal:
        lake.atomic_write_text(path, "nouveau")
    assert refusal.value.exit_code == ExitCode.STORAGE
    assert [entry.name for entry in tmp_path.iterdir()] == ["f.txt"] and path.read_text() == "ancien"


def test_a_failed_query_leaves_no_parquet(tmp_path):
    settings = Settings(data_dir=tmp_path / "data")
    with connect(None, settings=settings) as con, pytest.raises(duckdb.Error):
        lake.write_parquet(con, "select error('non')", tmp_path / "f.parquet")
    assert not list(tmp_path.glob("*.parquet"))


@pytest.mark.parametrize("error", [duckdb.IOException("No space left on device"),
                                   duckdb.OutOfMemoryException("failed to offload: max_temp_directory_size")])
def test_a_disk_full_for_duckdb_is_told_in_french(tmp_path, error):
    with pytest.raises(UserError, match="disque est plein"), lake.storage_errors(tmp_path):
        raise error


def test_other_errors_pass(tmp_path):
    with pytest.raises(PermissionError), lake.storage_errors(tmp_path):
        raise PermissionError(errno.EACCES, "no")
