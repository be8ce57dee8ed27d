"""What the intake speaks of: an arrival (a file seen) and a delivery (what became of it).

Here: the two records and the refusal of a whole file. Not here: how they are found or made.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tznr_platform.intake.names import period_month


@dataclass(frozen=True)
class Arrival:
    """A file of the inbox, or a ``member`` of an archive there.

    ``status``: pending, duplicate, refused, or waiting (still being written).
    ``exclusion_version``: of the exclusion list when the file was first seen as it lies there. ``is_again``: the same
    bytes were judged before, under an older list.
    """

    path: Path
    name: str
    sender: str | None
    table: str | None
    period: str | None
    version: int | None
    sha256: str
    size: int
    line_count: int
    status: str
    reason: str | None = None
    detail: str = ""
    supersedes: bool = False
    exclusion_version: int = 0
    is_again: bool = False
    member: str | None = None

    @property
    def month(self) -> str | None:
        """Month in which the period starts, ``YYYY-MM``."""
        return period_month(self.period).strftime("%Y-%m") if self.period else None


@dataclass(frozen=True)
class Scan:
    """All that is new in the inbox, in the order to ingest; ``known_count`` files were answered before."""

    arrivals: tuple[Arrival, ...]
    known_count: int

    def counts(self) -> dict[str, int]:
        """Files by status: known, pending, duplicate, refused, waiting."""
        return {"known": self.known_count, **Counter(arrival.status for arrival in self.arrivals)}

    def of_table(self, table: str | None) -> list[Arrival]:
        return [arrival for arrival in self.arrivals
                if arrival.table == table and arrival.status != "waiting"]

    @property
    def waiting(self) -> list[Arrival]:
        return [arrival for arrival in self.arrivals if arrival.status == "waiting"]


@dataclass(frozen=True)
class Delivery:
    """One row of the register, and the remarks its receipt makes (reason code, detail).

    ``exclusion_version``: of the exclusion list its rows were judged under; None where no row was.
    """

    delivery_id: int
    sender_code: str | None
    table_name: str | None
    period: str | None
    period_month: dt.date | None
    version: int | None
    sha256: str
    file_name: str
    received_at: dt.datetime
    status_code: str
    accepted_row_count: int = 0
    refused_row_count: int = 0
    ignored_column_count: int = 0
    reason_code: str | None = None
    exclusion_version: int | None = None
    remarks: tuple[tuple[str, str], ...] = ()


class FileRefusedError(Exception):
    """A file refused whole: a reason code of level file and a detail that holds no value."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason, self.detail = reason, detail
