"""The lists contracts rest on, read from ``reference/*.csv``.

Here: reading a list, and the few lists that have a shape of their own. Not here: their content, as data.
"""

from __future__ import annotations

import csv
import datetime as dt
from functools import lru_cache
from pathlib import Path

from tznr_platform.contracts.model import ReasonCode, Sender
from tznr_platform.errors import PermanentError

DIRECTORY = Path(__file__).parent / "reference"


def reference_names() -> tuple[str, ...]:
    """Names of the reference lists, sorted."""
    return tuple(sorted(path.stem for path in DIRECTORY.glob("*.csv")))


def reference(name: str, reference_dir: Path | None = None) -> list[dict[str, str]]:
    """Rows of a list, every cell text; ``reference_dir`` comes first. ``KeyError`` for an unknown name."""
    return [dict(row) for row in _rows(name, reference_dir)]


@lru_cache
def _rows(name: str, reference_dir: Path | None) -> tuple[dict[str, str], ...]:
    if name not in reference_names():
        raise KeyError(name)
    ours = DIRECTORY / f"{name}.csv"
    theirs = reference_dir / ours.name if reference_dir else ours
    rows = _read(theirs if theirs.is_file() else ours)
    if theirs != ours and set(rows[0]) != set(_read(ours)[0]):
        raise PermanentError(f"reference list {name}: its columns are not those of the list it replaces")
    return rows


def _read(path: Path) -> tuple[dict[str, str], ...]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = tuple(csv.DictReader(file))
    if not rows or any(None in row or None in row.values() for row in rows):
        raise PermanentError(f"reference list {path.stem}: empty, or a row without the columns of the header")
    return rows


@lru_cache
def senders(reference_dir: Path | None = None) -> dict[str, Sender]:
    """Every sender by code: the territories, the benefit bodies, the evaluator, open data."""
    found = [Sender(row["territory_code"], "territory", row["territory_label"])
             for row in reference("territories", reference_dir)]
    found += [Sender(row["body_code"], "body", row["body_label"])
              for row in reference("bodies", reference_dir)]
    found += [Sender(row["sender_code"], row["kind"], row["label"])
              for row in reference("other_senders", reference_dir)]
    return {sender.code: sender for sender in found}


@lru_cache
def reason_codes() -> dict[str, ReasonCode]:
    """Every reason code with its French message and remedy."""
    return {row["code"]: ReasonCode(row["code"], row["level"], row["message_fr"], row["remedy_fr"])
            for row in reference("reason_codes")}


@lru_cache
def calendar() -> dict[str, dt.date]:
    """Dates of the programme by event code; a date known to the month is the first of that month.

    Source: ``reference/calendar.csv``, where each date has its source and the open question it depends on.
    """
    return {row["event_code"]: dt.date.fromisoformat(row["event_date"]) for row in reference("calendar")}
