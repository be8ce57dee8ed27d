"""From arrivals of one table to deliveries in the register, each with its receipt.

Here: the order of things. Every file gets its answer; a broken one stops nobody else; data land first,
receipts next, the register last, so that a run cut anywhere starts again cleanly. Not here: what each
step does.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import duckdb

from tznr_platform import contracts
from tznr_platform.intake.arrivals import Arrival, Delivery
from tznr_platform.intake.batch import batches, process
from tznr_platform.intake.names import period_month
from tznr_platform.intake.prepare import Source, prepare
from tznr_platform.intake.receipts import ReceiptWriter
from tznr_platform.intake.register import COPIES_PREFIX, Register
from tznr_platform.privacy import exclusions
from tznr_platform.privacy.pseudonym import AnalysisKey
from tznr_platform.settings import Settings
from tznr_platform.storage import lake
from tznr_platform.storage.schema import ensure_schema_file


class Intake:
    """One run over the inbox: the open lake, the key, the register, and where receipts go.

    ``is_trial``: at a sender, without the lists and the former deliveries that only the platform knows.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, settings: Settings, register: Register, *,
                 is_trial: bool = False) -> None:
        self._con, self._settings, self._register, self._is_trial = con, settings, register, is_trial
        self._key = AnalysisKey.load(settings)
        self._receipts = ReceiptWriter(settings, register.deliveries)
        self._received_at = dt.datetime.combine(settings.today, dt.time())

    def table(self, table: str | None, arrivals: list[Arrival]) -> list[Delivery]:
        """Answer all arrivals of a table (None: those whose table is unknown), in their order."""
        if not arrivals:
            return []
        with self._register.opened():
            done = self._answered(table, dict(enumerate(arrivals, start=self._register.next_id)))
            self._register.add(done)
        return done

    def _answered(self, table: str | None, waiting: dict[int, Arrival]) -> list[Delivery]:
        pending = {delivery_id: arrival for delivery_id, arrival in waiting.items()
                   if arrival.status == "pending"}
        done = [self._outright(delivery_id, arrival) for delivery_id, arrival in waiting.items()
                if delivery_id not in pending]
        self._receipts.write(self._con, done)
        if pending:
            done += self._content(contracts.contract(table), pending)
        return sorted(done, key=lambda delivery: delivery.delivery_id)

    def _content(self, contract: contracts.Contract, pending: dict[int, Arrival]) -> list[Delivery]:
        ensure_schema_file(self._con, contract, self._settings)
        spill = self._settings.spill_dir
        with lake.storage_errors(spill), tempfile.TemporaryDirectory(dir=spill, prefix=COPIES_PREFIX) as folder:
            first, odd = self._round(contract, pending, Path(folder), straighten_all=False)
            second, hopeless = self._round(contract, odd, Path(folder), straighten_all=True)
        third = [self._refused(delivery_id, arrival, "FILE_UNREADABLE", "")
                 for delivery_id, arrival in hopeless.items()]
        self._receipts.write(self._con, third)
        return [*first, *second, *third]

    def _round(self, contract: contracts.Contract, pending: dict[int, Arrival], folder: Path, *,
               straighten_all: bool) -> tuple[list[Delivery], dict[int, Arrival]]:
        """Answer what can be; the second part is what turned out odd and must be straightened."""
        prepared = prepare(contract, pending, folder, self._settings.max_file_mb << 20,
                           straighten_all=straighten_all)
        done = [self._refused(delivery_id, pending[delivery_id], reason, detail)
                for delivery_id, reason, detail in prepared.refused]
        self._receipts.write(self._con, done)
        odd: list[Source] = []
        for batch in batches(prepared.sources):
            left = process(self._con, contract, batch, self._key, self._settings, folder=folder,
                           is_trial=self._is_trial)
            refused = [self._refused(delivery_id, pending[delivery_id], *reason)
                       for delivery_id, reason in left.refused.items()]
            judged = self._judged(source for source in batch
                                  if source not in left.odd and source.delivery_id not in left.refused)
            self._receipts.write(self._con, [*refused, *judged])
            done += [*refused, *judged]
            odd += left.odd
        return done, {source.delivery_id: source.arrival for source in odd}

    def _judged(self, sources: Iterable[Source]) -> list[Delivery]:
        counts = {row[0]: row[1:] for row in self._con.execute(
            "select delivery_id, accepted, refused from counts").fetchall()}
        judged_under = exclusions.version(self._con, self._settings)
        done = []
        for source in sources:
            arrival, (accepted, refused) = source.arrival, counts[source.delivery_id]
            news = [("TRIAL_ONLY", "")] if self._is_trial else []
            news += [("JUDGED_AGAIN", "")] if arrival.is_again else []
            news += [("SUPERSEDES", "")] if accepted and arrival.supersedes else []
            done.append(replace(
                self._blank(source.delivery_id, arrival),
                status_code="refused" if not accepted else "partial" if refused else "accepted",
                accepted_row_count=accepted, refused_row_count=refused,
                ignored_column_count=source.ignored_count, exclusion_version=_list_version(arrival, judged_under),
                remarks=(*source.remarks, *news)))
        return done

    def _outright(self, delivery_id: int, arrival: Arrival) -> Delivery:
        if arrival.status == "refused":
            return self._refused(delivery_id, arrival, arrival.reason, arrival.detail)
        return replace(self._blank(delivery_id, arrival), status_code="duplicate", reason_code=arrival.reason,
                       exclusion_version=_list_version(arrival, arrival.exclusion_version),
                       remarks=((arrival.reason, arrival.detail),))

    def _refused(self, delivery_id: int, arrival: Arrival, reason: str, detail: str) -> Delivery:
        return replace(self._blank(delivery_id, arrival), reason_code=reason, remarks=((reason, detail),))

    def _blank(self, delivery_id: int, arrival: Arrival) -> Delivery:
        month = period_month(arrival.period) if arrival.period else None
        return Delivery(delivery_id, arrival.sender, arrival.table, arrival.period, month, arrival.version,
                        arrival.sha256, arrival.name, self._received_at, "refused")


def _list_version(arrival: Arrival, version: int) -> int | None:
    """The version of the exclusion list to remember; none for a table without persons, which it does not change."""
    return version if contracts.contract(arrival.table).person_field else None
