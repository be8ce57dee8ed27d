"""FROM A FILE TO ACCEPTED ROWS AND A RECEIPT.

Here: readers, identity and versions of deliveries, row rules, receipts. Not here: what fields mean
(``contracts``), pseudonyms (``privacy``), where files lie (``storage``), rules on whole batches
(``quality``).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tznr_platform import contracts
from tznr_platform.discretion import discreet
from tznr_platform.errors import UserError
from tznr_platform.intake.arrivals import Arrival, Delivery, Scan
from tznr_platform.intake.ingest import Intake
from tznr_platform.intake.register import Register
from tznr_platform.intake.scan import inbox_paths, scan_inbox
from tznr_platform.settings import Settings
from tznr_platform.storage import connect, locks, registers

__all__ = ["Arrival", "Delivery", "IntakeOutcome", "Scan", "inbox_fingerprint", "ingest", "run", "scan", "try_out"]


MEMORY_MB = 512  # with what Python and the readers take, under 1 GiB whatever the file: the rest of a batch spills


@dataclass(frozen=True)
class IntakeOutcome:
    """What a run did. ``table_rows``: rows in force in each of its tables, earlier runs included."""

    deliveries: tuple[Delivery, ...]
    known_count: int
    waiting: tuple[Arrival, ...]
    table_rows: dict[str, int]

    @property
    def counts(self) -> dict[str, int]:
        """Deliveries by status: accepted, partial, refused, duplicate."""
        return dict(Counter(delivery.status_code for delivery in self.deliveries))

    @property
    def accepted_rows(self) -> int:
        return sum(delivery.accepted_row_count for delivery in self.deliveries)

    @property
    def refused_rows(self) -> int:
        return sum(delivery.refused_row_count for delivery in self.deliveries)


def scan(settings: Settings) -> Scan:
    """Look at the inbox, and answer at once the files whose table nothing tells.

    ``UserError`` INPUT when the inbox is missing or empty, BUSY while another run holds the lake.
    """
    with _opened(settings) as (intake, register):
        found = scan_inbox(settings, register)
        intake.table(None, found.of_table(None))
    return found


def ingest(settings: Settings, table: str | None, arrivals: Collection[Arrival]) -> list[Delivery]:
    """Answer the arrivals of one table: rows to the lake, refusals to quarantine, receipts to the senders.

    A refused file is a result, not an error. ``UserError`` BUSY if another run holds the lake, CONFIGURATION
    without a key, STORAGE on a full disk.
    """
    with _opened(settings) as (intake, _):
        return intake.table(table, list(arrivals))


def run(settings: Settings, tables: Collection[str] | None = None, months: Collection[str] | None = None,
        progress: Callable[[str], None] | None = None) -> IntakeOutcome:
    """Scan the inbox and answer what is new, in the order of the contracts (persons first).

    ``tables`` restricts to some tables, ``months`` (``YYYY-MM``) to deliveries whose period starts in one of
    them; a delivery without a readable period is always answered. Errors as ``scan`` and ``ingest``.
    """
    tell = progress or (lambda message: None)
    names = [*contracts.contracts(), None] if tables is None else list(tables)
    deliveries: list[Delivery] = []
    with _opened(settings) as (intake, register):
        found = scan_inbox(settings, register)
        for table in names:
            arrivals = [arrival for arrival in found.of_table(table)
                        if months is None or arrival.month in {None, *months}]
            if done := intake.table(table, arrivals):
                deliveries += done
                tell(f"{table or 'fichiers non identifiés'} : {len(done)} livraison(s), "
                     f"{sum(delivery.accepted_row_count for delivery in done)} ligne(s) acceptée(s), "
                     f"{sum(delivery.refused_row_count for delivery in done)} refusée(s)")
        table_rows = dict.fromkeys(filter(None, names), 0)
        for delivery in register.current():
            if delivery.table_name in table_rows:
                table_rows[delivery.table_name] += delivery.accepted_row_count
    return IntakeOutcome(tuple(deliveries), found.known_count, tuple(found.waiting), table_rows)


def try_out(settings: Settings) -> tuple[list[Delivery], tuple[Arrival, ...]]:
    """Answer an inbox as ``run`` does where no list of persons is known (at a sender): deliveries, files waiting.

    The receipts say that what only the platform knows was not looked at. Errors as ``scan`` and ``ingest``.
    """
    with _opened(settings, is_trial=True) as (intake, register):
        found = scan_inbox(settings, register)
        deliveries = [delivery for table in (*contracts.contracts(), None)
                      for delivery in intake.table(table, found.of_table(table))]
    return deliveries, tuple(found.waiting)


def inbox_fingerprint(settings: Settings) -> str | None:
    """A digest of the inbox (names, sizes, dates) and of the lists of persons; None if nothing is there."""
    try:
        paths = inbox_paths(settings.inbox_dir)
    except UserError:
        return None
    digest = hashlib.sha256()
    for path in [*paths, registers.exclusion_file(settings), registers.restriction_file(settings)]:
        found = path.lstat() if path.exists() else None
        digest.update(repr((path.name, found and (found.st_size, found.st_mtime_ns))).encode())
    return digest.hexdigest()


@contextmanager
def _opened(settings: Settings, *, is_trial: bool = False) -> Iterator[tuple[Intake, Register]]:
    with (discreet(), locks.exclusive(settings.lake_dir / "intake.lock", "le lac de données"),
          connect(None, settings=_frugal(settings)) as con):
        register = Register(con, settings)
        yield Intake(con, settings, register, is_trial=is_trial), register


def _frugal(settings: Settings) -> Settings:
    """The settings with no more memory than the intake needs."""
    limit = int(settings.memory_limit[:-2]) * (1024 if settings.memory_limit.endswith("GB") else 1)
    return settings.model_copy(update={"memory_limit": f"{min(limit, MEMORY_MB)}MB"})
