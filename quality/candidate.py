"""What a gate judges: opened read-only for its measures, and hashed so that a verdict holds for it alone.

Here: the relations that measures read, the content hash. Belongs here: any new part that a gate may judge.
Not here: criteria, verdicts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from quality.criteria import Gate
from quality.suites import MEASURES
from tznr_platform import contracts
from tznr_platform.errors import ExitCode, UserError
from tznr_platform.settings import Settings
from tznr_platform.storage import lake, warehouse
from tznr_platform.storage.estimates import marts_hash

if TYPE_CHECKING:
    import duckdb
    import pandas as pd


def register_file(settings: Settings) -> Path:
    return settings.lake_dir / "register" / "deliveries.parquet"


def numbers_file(settings: Settings) -> Path:
    return settings.lake_dir / "disclosed" / "numbers.parquet"


def audit_file(settings: Settings) -> Path:
    return settings.lake_dir / "disclosed" / "audit.json"


def parts(gate: Gate, settings: Settings) -> dict[str, Path]:
    """The files a gate judges, by part; UserError when one is absent: there is nothing to judge."""
    homes = {"register": register_file(settings), "working": settings.working_file,
             "published": settings.published_file, "numbers": numbers_file(settings)}
    found = {part: homes[part] for part in gate.candidate}
    for part, path in found.items():
        if not path.exists():
            raise UserError(
                f"La porte « {gate.title} » n'a rien à juger.",
                where=str(path),
                why=f"le fichier attendu ({part}) n'existe pas encore",
                remedy="lancer les étapes précédentes : tznr run",
                exit_code=ExitCode.GATE_REFUSED,
            )
    return found


@contextmanager
def opened(gate: Gate, settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-only connection on which every measure of the gate can be computed."""
    files = parts(gate, settings)
    database = files.get("working") or files.get("published")
    with warehouse.connect(database, settings=settings, read_only=database is not None) as con:
        _view(con, "deliveries", register_file(settings), "read_parquet")
        _view(con, "numbers", numbers_file(settings), "read_parquet")
        _view(con, "disclosure_audit", audit_file(settings), "read_json")
        dates = contracts.calendar()
        con.execute("create temp table facts as select ?::date as today, ?::date as collection_end, "
                    "?::date as working_data_end, ?::varchar as numbers_sha256, ?::varchar as marts_hash",
                    [settings.today, dates["collection_end"], dates["working_data_end"],
                     file_hash(numbers_file(settings)) if numbers_file(settings).exists() else None,
                     marts_hash(con)])
        yield con


def measure(gate: Gate, settings: Settings) -> pd.DataFrame:
    """One row: every measure of the gate, computed by DuckDB."""
    names = sorted({rule.measure for rule in gate.rules})
    columns = ", ".join(f"({MEASURES[name]}) as {name}" for name in names)
    with opened(gate, settings) as con:
        return con.execute(f"select {columns}").df()


def who_is_in(gate: Gate, settings: Settings) -> list[dict]:
    """Senders and what was received from each: code, label, received, refused, last_month (no count of
    persons).
    """
    if gate.candidate == ("numbers",):
        return []
    if {"working", "published"} & set(gate.candidate):
        query = """select territory_code as code, territory_label as label, has_deliveries as is_in,
                          received_delivery_count as received, refused_delivery_count as refused,
                          last_period_month as last_month
                   from marts.mart_coverage where territory_code <> 'FR' order by code"""
    else:
        query = """select sender_code as code, sender_code as label,
                          bool_or(status_code <> 'refused') as is_in, count(*) as received,
                          count(*) filter (status_code = 'refused') as refused,
                          max(period_month) as last_month
                   from deliveries where status_code <> 'duplicate' and sender_code is not null
                   group by all order by code"""
    with opened(gate, settings) as con:
        cursor = con.execute(query)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def content_hash(gate: Gate, settings: Settings) -> str:
    """Hash of exactly what is judged: rows of the marts, bytes of the other files, whatever order they are
    in.
    """
    digest = hashlib.sha256()
    for part, path in parts(gate, settings).items():
        if part in ("working", "published"):
            with warehouse.connect(path, settings=settings, read_only=True) as con:
                digest.update(f"marts:{marts_hash(con)}".encode())
        else:
            digest.update(f"{part}:{file_hash(path)}".encode())
    return digest.hexdigest()


def file_hash(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _view(con: duckdb.DuckDBPyConnection, name: str, path: Path, reader: str) -> None:
    if path.exists():
        con.execute(f"create temp view {name} as select * from {reader}({lake.quote(path)})")
