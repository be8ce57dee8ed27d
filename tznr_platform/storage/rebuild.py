"""Making persons disappear from the files: what holds them is written again without them, what derives is removed.

Here: which Parquet files name a person, writing them again, removing the DuckDB files and every temporary one, the
note that an erasure is under way. Not here: why a person is erased, the senders' own files (``privacy.erasure``).

Measured on the pinned DuckDB (``tests/unit/storage/test_deleted_bytes.py``): DELETE, VACUUM, CHECKPOINT, DROP TABLE
and CREATE OR REPLACE leave the deleted bytes in a database file; a new file does not have them. So nothing is ever
deleted inside a database: the file goes, and is built again from the lake.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from tznr_platform.errors import ExitCode, UserError
from tznr_platform.settings import Settings
from tznr_platform.storage import lake, locks, registers, theoretical

PERSON_COLUMNS = ("person_id", "pseudonym")


def pending_file(settings: Settings) -> Path:
    """The note of an erasure that has begun: while it is there, no database opens."""
    return settings.requests_dir / "erasing.json"


def require_finished(settings: Settings) -> None:
    """``UserError`` STORAGE while an erasure is unfinished: the next read could show a person who is going."""
    if pending_file(settings).exists():
        raise UserError("Un effacement a été interrompu : rien ne s'ouvre avant sa fin.",
                        where=str(pending_file(settings)), why="une personne effacée pourrait encore être lue",
                        remedy="le terminer : tznr erase --resume", exit_code=ExitCode.STORAGE)


@contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """Neither a reception nor a build at the same time; ``UserError`` BUSY when there is one."""
    with (locks.exclusive(settings.lake_dir / "intake.lock", "le lac de données"),
          locks.exclusive(settings.working_file.with_suffix(".lock"), "l'entrepôt de données")):
        yield


def person_tables(con: duckdb.DuckDBPyConnection, settings: Settings) -> list[Path]:
    """Every Parquet file of the lake and of the exchange zone with a column that names persons, by path.

    Not the exclusion list of an older lake: it keeps these persons out. The person dimension comes last: as long as it
    is there, an interrupted erasure still knows whom it erases.
    """
    lists = {registers.exclusion_file(settings).name}
    files = [path for folder in (settings.lake_dir, settings.exchange_dir) for path in folder.rglob("*.parquet")
             if path.name not in lists]
    if not files:
        return []
    listed = ", ".join(lake.quote(path) for path in files)
    found = con.execute(f"select distinct file_name from parquet_schema([{listed}]) "
                        f"where name in {PERSON_COLUMNS}").fetchall()
    last = registers.person_file(settings)
    return sorted((Path(name) for (name,) in found), key=lambda path: (path == last, path))


def name_persons(con: duckdb.DuckDBPyConnection, settings: Settings, pseudonyms: Collection[str]) -> None:
    """Temporary table ``forgotten (pseudonym, person_id)``; a person the lake never knew has no integer."""
    con.execute("create or replace temp table forgotten as select pseudonym, person_id "
                "from (select unnest($1::varchar[]) as pseudonym) "
                f"left join ({registers.persons(settings)}) using (pseudonym)", [sorted(pseudonyms)])


def rows_of(con: duckdb.DuckDBPyConnection, path: Path) -> int:
    """Rows of a file that are about a person of ``forgotten``."""
    return con.execute(f"select count(*) from {_read(path)} where {_about(con, path)}").fetchone()[0]


def write_without(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Replace a file by one without the rows of ``forgotten``, in the same order. A file may end up empty."""
    mode = path.stat().st_mode & 0o777
    lake.write_parquet(con, f"select * from {_read(path)} where ({_about(con, path)}) is not true", path)
    path.chmod(mode)


def derived_files(settings: Settings) -> list[Path]:
    """Every file built from the lake or left by a run: databases, their logs, spilled and half-written files."""
    warehouse = settings.working_file.parent
    found = [path for path in warehouse.rglob("*") if path.is_file() and path.suffix != ".lock"]
    for folder in (settings.lake_dir, settings.exchange_dir, settings.requests_dir):
        found += [path for path in folder.rglob(".writing-*") if path.is_file()]
    found += [path for path in (settings.lake_dir / "staging").rglob("*") if path.is_file()]
    # a description of a household may be that of one person only
    single = [settings.root / "last_full_run.txt", theoretical.theoretical_file(settings)]
    return sorted({*found, *(path for path in single if path.exists())})


def remove(paths: Iterable[Path]) -> None:
    """Unlink what is still there."""
    for path in paths:
        path.unlink(missing_ok=True)


def remove_empty_folders(folder: Path) -> None:
    """Remove the folders under ``folder``, and itself, that hold no file any more."""
    for entry in folder.iterdir() if folder.is_dir() else ():
        if entry.is_dir() and not entry.is_symlink():
            remove_empty_folders(entry)
    if folder.is_dir() and not any(folder.iterdir()):
        shutil.rmtree(folder)


def _about(con: duckdb.DuckDBPyConnection, path: Path) -> str:
    columns = {row[0] for row in con.execute(f"describe select * from {_read(path)}").fetchall()}
    return " or ".join(f"{name} in (select {name} from forgotten where {name} is not null)"
                       for name in PERSON_COLUMNS if name in columns)


def _read(path: Path) -> str:
    return f"read_parquet({lake.quote(path)}, hive_partitioning = false)"
