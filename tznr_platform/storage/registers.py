"""The platform's own tables: deliveries, quarantine, persons, lists of persons to leave out; columns and places.

Here: the shape of each table, written once, and how to read it before its first row exists.
Not here: who fills them (``intake`` the first two, ``privacy`` the others).

The exclusion list and the restriction list lie apart from the lake, which may be restored from an older copy. Both
are append-only: the latest row of a person and a reason tells whether it is in force.
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
    "exclusion_version": "INTEGER", "is_current": "BOOLEAN",
}
QUARANTINE = {
    "delivery_id": "INTEGER", "line_number": "INTEGER", "field_name": "VARCHAR", "reason_code": "VARCHAR",
}
PERSON = {"person_id": "INTEGER", "pseudonym": "VARCHAR", "pseudonym_version": "VARCHAR"}
SEALED = {"person_id": "INTEGER", "sealed_identifier": "BLOB"}
SENT = {"list_id": "VARCHAR", "body_code": "VARCHAR", "sent_date": "DATE", "person_id": "INTEGER",
        "territory_code": "VARCHAR"}
LISTED = {"pseudonym": "VARCHAR", "since_date": "DATE", "until_date": "DATE", "reason_code": "VARCHAR"}


def deliveries_file(settings: Settings) -> Path:
    return settings.lake_dir / "register" / "deliveries.parquet"


def person_file(settings: Settings) -> Path:
    return settings.lake_dir / "identity" / "person.parquet"


def exclusion_file(settings: Settings) -> Path:
    """The list of the persons whose rows never land and are shown nowhere."""
    return settings.requests_dir / "exclusion.parquet"


def restriction_file(settings: Settings) -> Path:
    """The list of the persons whose rows are kept and used nowhere."""
    return settings.requests_dir / "restriction.parquet"


def sealed_file(settings: Settings) -> Path:
    """The register of sealed exchange identifiers, in the exchange zone."""
    return settings.exchange_dir / "sealed.parquet"


def sent_file(settings: Settings, list_id: str) -> Path:
    """What a list sent to a body held: integers and territories, no identifier."""
    return settings.exchange_dir / "sent" / f"{list_id}.parquet"


def deliveries(settings: Settings) -> str:
    """SQL of the register: one row per delivery ever received; a refused one may lack its sender."""
    return _relation([deliveries_file(settings)], DELIVERIES)


def persons(settings: Settings) -> str:
    """SQL of the person dimension: one row per person a territory declared."""
    return _relation([person_file(settings)], PERSON)


def exclusions(settings: Settings) -> str:
    """SQL of the exclusions in force: one row per person and reason, known to the lake or not."""
    return _in_force(exclusion_file(settings), settings)


def restrictions(settings: Settings) -> str:
    """SQL of the restrictions in force: one row per person and reason."""
    return _in_force(restriction_file(settings), settings)


def present_persons(settings: Settings) -> str:
    """SQL of the persons who may be used: declared, neither excluded nor restricted. Columns of ``persons``."""
    return (f"select * from ({persons(settings)}) where pseudonym not in (select pseudonym from "
            f"({exclusions(settings)}) union all select pseudonym from ({restrictions(settings)}))")


def list_rows(path: Path) -> str:
    """SQL of every row ever written to a list, withdrawn ones too, with their rank; columns of ``LISTED``.

    Until its first change, the exclusion list of an older data directory is read where it lay, in the lake.
    """
    former = path.parents[1] / "lake" / "identity" / path.name
    place = former if former.exists() and not path.exists() else path
    return _relation([place], LISTED | {"file_row_number": "BIGINT"}, "file_row_number = true")


def sealed_identifiers(settings: Settings) -> str:
    """SQL of the sealed exchange identifiers, one row a declared person."""
    return _relation([sealed_file(settings)], SEALED)


def sent_lists(settings: Settings) -> str:
    """SQL of every list ever sent to a body: one row per list, person and territory."""
    return _relation(sorted((settings.exchange_dir / "sent").glob("*.parquet")), SENT)


def quarantine(settings: Settings) -> str:
    """SQL of all quarantine lines: one row per line, field and reason; never a value."""
    return _relation(sorted((settings.lake_dir / "quarantine").glob("d*.parquet")), QUARANTINE)


def columns_sql(columns: dict[str, str]) -> str:
    """``name TYPE, …`` for a CREATE TABLE."""
    return ", ".join(f"{name} {kind}" for name, kind in columns.items())


def _in_force(path: Path, settings: Settings) -> str:
    today = f"date {quote(settings.today)}"
    return (f"select * exclude (until_date, file_row_number) from ({list_rows(path)} qualify row_number() over "
            "(partition by pseudonym, reason_code order by file_row_number desc) = 1) "
            f"where coalesce(until_date > {today}, true)")


def _relation(paths: list[Path], columns: dict[str, str], options: str = "") -> str:
    """SQL of what the files hold, in these columns; one that an older file has not is NULL."""
    relation = f"select {', '.join(f'null::{kind} as {name}' for name, kind in columns.items())} where false"
    if existing := [path for path in paths if path.exists()]:
        files = ", ".join([f"[{', '.join(map(quote, existing))}]", *filter(None, [options])])
        relation += f" union all by name select * from read_parquet({files})"
    return f"select {', '.join(columns)} from ({relation})"
