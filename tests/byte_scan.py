"""Where a value lies under a folder: in plain bytes, in compressed tables, in databases, in archives.

A grep alone would miss a value inside a compressed Parquet page, a DuckDB segment or a zip member: tables are read
back and their text searched, archives are unpacked in memory.
"""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Collection, Iterator
from pathlib import Path

import duckdb


def hits(root: Path, needles: Collection[bytes], skip: Collection[str] = ()) -> list[str]:
    """Paths under ``root`` (relative, those starting with one of ``skip`` left out) that hold one of the needles."""
    found = []
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        if not path.is_file() or name.startswith(tuple(skip)):
            continue
        if any(needle in name.encode() for needle in needles) or any(
                needle in part for part in _parts(path) for needle in needles):
            found.append(name)
    return found


def _parts(path: Path) -> Iterator[bytes]:
    content = path.read_bytes()
    yield content
    yield from _unpacked(content)
    if path.suffix == ".parquet":
        yield _text(duckdb.sql(f"from read_parquet('{path}', hive_partitioning = false)"))
    if path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as con:
            tables = con.execute("select schema_name, table_name from duckdb_tables()").fetchall()
            for schema, table in tables:
                yield _text(con.sql(f'from "{schema}"."{table}"'))


def _text(relation: duckdb.DuckDBPyRelation) -> bytes:
    return "\n".join(map(repr, relation.fetchall())).encode()


def _unpacked(content: bytes) -> Iterator[bytes]:
    if content.startswith(b"\x1f\x8b"):
        yield gzip.decompress(content)
    if content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                inner = archive.read(name)
                yield name.encode() + inner
                yield from _unpacked(inner)
