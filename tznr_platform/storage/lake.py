"""Where a file lies in the lake, and how it gets there without ever being half written.

Here: the path grammar of the lake, atomic writes, the translation of a full disk into French.
Not here: what the files mean (``intake``, ``privacy``), the DuckDB connection (``warehouse``).
"""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb

from tznr_platform.errors import ExitCode, UserError
from tznr_platform.settings import Settings

FULL_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
# level 1: half the time of the default level, on our tables no more bytes
PARQUET = "format parquet, compression zstd, compression_level 1"
FULL_DISK_WORDS = ("no space left", "max_temp_directory_size", "disk quota", "file too large")


def accepted_dir(settings: Settings, table: str) -> Path:
    return settings.lake_dir / "accepted" / table


def accepted_file(settings: Settings, table: str, sender: str, period: str, delivery_id: int) -> Path:
    """``lake/accepted/<table>/sender=<code>/period=<period>/d<delivery_id>.parquet``."""
    return accepted_dir(settings, table) / f"sender={sender}" / f"period={period}" / f"d{delivery_id}.parquet"


def delivery_of(path: Path) -> int:
    """The delivery whose rows an accepted file holds."""
    return int(path.stem.removeprefix("d"))


def stamp(path: Path) -> str:
    """Path, size and time of a file: another stamp, another content."""
    known = path.stat()
    return f"{path} {known.st_size} {known.st_mtime_ns}"


def schema_file(settings: Settings, table: str) -> Path:
    """The typed file without rows that keeps a read of the table valid before its first delivery."""
    return accepted_dir(settings, table) / "_schema.parquet"


def quarantine_file(settings: Settings, delivery_id: int) -> Path:
    return settings.lake_dir / "quarantine" / f"d{delivery_id}.parquet"


def atomic_write_bytes(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Write a whole file or nothing: readers see the old or the new one. ``UserError`` STORAGE, disk full."""
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
            os.chmod(temporary, mode)
            os.replace(temporary, path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise


def atomic_write_text(path: Path, text: str) -> None:
    """As ``atomic_write_bytes``, UTF-8."""
    atomic_write_bytes(path, text.encode())


def write_parquet(con: duckdb.DuckDBPyConnection, relation_sql: str, path: Path, *,
                  notes: Mapping[str, str] | None = None) -> int:
    """Write the rows of a query as one Parquet file, whole or not at all; returns how many they are.

    ``notes``: words kept in the footer of the file.
    """
    said = ", ".join(f"{name}: {quote(text)}" for name, text in (notes or {}).items())
    options = f"{PARQUET}, kv_metadata {{{said}}}" if said else PARQUET
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".writing-{path.name}")
        try:
            count = con.execute(f"copy ({relation_sql}) to {quote(temporary)} ({options})").fetchone()[0]
            os.replace(temporary, path)
            return count
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


@contextmanager
def storage_errors(where: Path) -> Iterator[None]:
    """Turn a full disk, seen by Python or by DuckDB, into a ``UserError`` STORAGE; let others pass."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL_DISK:
            raise _full_disk(where) from None
        raise
    except duckdb.Error as error:
        if any(word in str(error).lower() for word in FULL_DISK_WORDS):
            raise _full_disk(where) from None
        raise


def quote(value: object) -> str:
    """A SQL string literal."""
    return "'" + str(value).replace("'", "''") + "'"


def _full_disk(where: Path) -> UserError:
    return UserError("Le disque est plein : l'écriture a été abandonnée.", where=str(where.parent),
                     why="il ne reste plus assez de place ; rien de ce qui était accepté n'est perdu et rien "
                         "n'a été écrit à moitié",
                     remedy="libérer de la place puis relancer la même commande : elle reprend où elle s'est "
                            "arrêtée", exit_code=ExitCode.STORAGE)
