"""The lake's own tables: deliveries, quarantine, persons, exclusions; their columns and where they lie.

Here: the shape of each table, written once, and how to read it before its first row exists.
Not here: who fills them (``intake`` the first two, ``privacy`` the last two).
"""

from __future__ import annotations

from pathlib import Path

from tznr_platform.settings import Settings
from tznr_platform.storage.lake import quote

DELIVERIES = {
    "delivery_id": "INTEGER", "sender_code": "VARCHAR", "table_name": "VARCHAR", "period": "VARCHAR",
    "period_month": "DATE", "version": "INTEGER", "sha256": "VARCHAR", "file_name": "VARCHAR",
    "received_at": "TIMESTAMP", "status_code": "VARCHAR", "accepted_row_count": "BIGINT",
    "refused_row_count": "BIGINT", "ignored_column_count": "INTEGER", "reason_code": "VARCHAR",
    "is_current": "BOOLEAN",
}
QUARANTINE = {
    "delivery_id": "INTEGER", "line_number": "INTEGER", "field_name": "VARCHAR", "reason_code": "VARCHAR",
}
PERSON = {"person_id": "INTEGER", "pseudonym": "VARCHAR", "pseudonym_version": "VARCHAR"}
EXCLUSION = {"pseudonym": "VARCHAR", "since_date": "DATE", "reason_code": "VARCHAR"}


def deliveries_file(settings: Settings) -> Path:
    return settings.lake_dir / "register" / "deliveries.parquet"


def person_file(settings: Settings) -> Path:
    return settings.lake_dir / "identity" / "person.parquet"


def exclusion_file(settings: Settings) -> Path:
    return settings.lake_dir / "identity" / "exclusion.parquet"


def deliveries(settings: Settings) -> str:
    """SQL of the register: one row per delivery ever received; a refused one may lack its sender."""
    return _relation([deliveries_file(settings)], DELIVERIES)


def persons(settings: Settings) -> str:
    """SQL of the person dimension: one row per person a territory declared."""
    return _relation([person_file(settings)], PERSON)


def exclusions(settings: Settings) -> str:
    """SQL of the exclusion list: one row per person who objected, known to the lake or not."""
    return _relation([exclusion_file(settings)], EXCLUSION)


def quarantine(settings: Settings) -> str:
    """SQL of all quarantine lines: one row per line, field and reason; never a value."""
    return _relation(sorted((settings.lake_dir / "quarantine").glob("d*.parquet")), QUARANTINE)


def columns_sql(columns: dict[str, str]) -> str:
    """``name TYPE, …`` for a CREATE TABLE."""
    return ", ".join(f"{name} {kind}" for name, kind in columns.items())


def _relation(paths: list[Path], columns: dict[str, str]) -> str:
    existing = [path for path in paths if path.exists()]
    if existing:
        return f"select {', '.join(columns)} from read_parquet([{', '.join(map(quote, existing))}])"
    nothing = ", ".join(f"null::{kind} as {name}" for name, kind in columns.items())
    return f"select {nothing} where false"
