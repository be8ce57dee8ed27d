"""The DuckDB files: one working file with one writer, one published copy for readers.

Here: the only opening of DuckDB, the writer's lock, the views over the lake, the publication of the marts.
Not here: the lake itself (``lake``), what dbt builds. Both files can be rebuilt from the lake at any time.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from tznr_platform.errors import ExitCode, UserError
from tznr_platform.settings import Settings
from tznr_platform.storage import clock, lake, locks, rebuild
from tznr_platform.storage.accepted import load_accepted

__all__ = ["connect", "load_accepted", "publish", "row_counts", "writer"]


def connect(path: Path | None, *, settings: Settings, read_only: bool = False,
            finishing: bool = False) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB file, or memory when ``path`` is None, within the memory and threads of ``settings``.

    Nothing opens after the last day of the working data, nor while an erasure is unfinished, except to finish it.
    Extensions are never fetched. What spills to disk may hold exchange identifiers: the folder is its owner's only,
    on an encrypted volume (DuckDB's own encryption needs an extension that is not there offline), emptied at closing.
    Raises ``UserError`` BUSY when another process holds the file, STORAGE when it cannot be read.
    """
    clock.require_open(settings)
    if not finishing:
        rebuild.require_finished(settings)
    settings.spill_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    config = {"memory_limit": settings.memory_limit, "threads": settings.threads,
              "temp_directory": str(settings.spill_dir),
              "autoinstall_known_extensions": False, "autoload_known_extensions": False}
    if path is not None and not read_only:
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return duckdb.connect(":memory:" if path is None else str(path), read_only=read_only, config=config)
    except duckdb.IOException as error:
        if "lock" in str(error).lower():
            raise locks.busy("l'entrepôt de données", path) from None
        raise UserError("L'entrepôt de données ne peut pas être ouvert.", where=str(path),
                        why="le fichier est absent, abîmé ou d'une autre version de DuckDB",
                        remedy="le supprimer puis relancer : il se reconstruit à partir du lac de données",
                        exit_code=ExitCode.STORAGE) from None


@contextmanager
def writer(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The connection of the one process that writes the working file; ``UserError`` BUSY for a second."""
    with (locks.exclusive(settings.working_file.with_suffix(".lock"), "l'entrepôt de données"),
          connect(settings.working_file, settings=settings) as con):
        yield con


def row_counts(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Rows of each table that dbt built, by name."""
    names = con.execute("select schema_name, table_name from duckdb_tables() "
                        "where schema_name in ('staging', 'intermediate', 'marts') order by all").fetchall()
    return {table: con.execute(f'select count(*) from "{schema}"."{table}"').fetchone()[0]
            for schema, table in names}


def publish(settings: Settings) -> Path:
    """Replace the published file by a fresh copy of the schema ``marts``; open readers keep the old one.

    Returns the published path. Raises ``UserError`` STORAGE when there is no mart to publish or no room left.
    """
    target = settings.published_file
    fresh = target.with_suffix(".new")
    with locks.exclusive(settings.working_file.with_suffix(".lock"), "l'entrepôt de données"):
        _remove(fresh)
        try:
            with lake.storage_errors(target), connect(fresh, settings=settings) as con:
                con.execute(f"attach {lake.quote(settings.working_file)} as working (read_only)")
                _copy_marts(con, settings)
            os.replace(fresh, target)
        finally:
            _remove(fresh)
    return target


def _copy_marts(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    names = con.execute("select table_name from information_schema.tables "
                        "where table_catalog = 'working' and table_schema = 'marts' order by 1").fetchall()
    if not names:
        raise UserError("Il n'y a rien à publier.", where=str(settings.working_file),
                        why="l'entrepôt de travail ne contient aucune table de résultats",
                        remedy="lancer d'abord le traitement complet", exit_code=ExitCode.STORAGE)
    con.execute("create schema marts")
    for (name,) in names:
        con.execute(f'create table marts."{name}" as from working.marts."{name}"')
    con.execute("detach working")


def _remove(path: Path) -> None:
    for leftover in (path, path.with_name(path.name + ".wal")):
        with suppress(FileNotFoundError):
            leftover.unlink()
