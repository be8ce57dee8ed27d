"""From arrivals of one table to deliveries in the register, each with its receipt.

Here: the order of things. Every file gets its answer; a broken one stops nobody else; data land first, receipts
next, the register last, so that a run cut anywhere starts again cleanly. Not here: what each step does.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from tznr_platform import contracts
from tznr_platform.intake import normalise, shape
from tznr_platform.intake.arrivals import Arrival, Delivery, FileRefusedError
from tznr_platform.intake.batch import Source, batches, process
from tznr_platform.intake.names import period_month
from tznr_platform.intake.receipts import ReceiptWriter
from tznr_platform.intake.register import Register
from tznr_platform.privacy.pseudonym import AnalysisKey
from tznr_platform.settings import Settings
from tznr_platform.storage.schema import ensure_schema_file

if TYPE_CHECKING:
    from tznr_platform.contracts import Contract


class Intake:
    """One run over the inbox: the open lake, the key, the register, and where receipts go."""

    def __init__(self, con: duckdb.DuckDBPyConnection, settings: Settings, register: Register) -> None:
        self._con, self._settings, self._register = con, settings, register
        self._key = AnalysisKey.load(settings)
        self._receipts = ReceiptWriter(settings)
        self._received_at = dt.datetime.combine(settings.today, dt.time())

    def table(self, table: str | None, arrivals: list[Arrival]) -> list[Delivery]:
        """Answer all arrivals of a table (None: those whose table is unknown)."""
        done: list[Delivery] = []
        answered = [(self._blank(arrival, identity), arrival)
                    for identity, arrival in enumerate(arrivals, start=self._register.next_id)]
        outright = [self._outright(delivery, arrival) for delivery, arrival in answered
                    if arrival.status != "pending"]
        done += self._record(outright)
        pending = [(delivery, arrival) for delivery, arrival in answered if arrival.status == "pending"]
        if pending:
            done += self._content(contracts.contract(table), pending)
        return sorted(done, key=lambda delivery: delivery.delivery_id)

    def _content(self, contract: Contract, pending: list[tuple[Delivery, Arrival]]) -> list[Delivery]:
        ensure_schema_file(self._con, contract, self._settings)
        blanks = {delivery.delivery_id: delivery for delivery, _ in pending}
        done: list[Delivery] = []
        with tempfile.TemporaryDirectory(dir=self._settings.spill_dir, prefix="clean-") as folder:
            sources, refused = self._prepared(contract, pending, Path(folder), force=False)
            done += self._record(refused)
            while sources:
                odd: list[Source] = []
                for batch in batches(sources):
                    left_out = process(self._con, contract, batch, self._key, self._settings)
                    done += self._record([self._judged(blanks, source) for source in batch
                                          if source not in left_out])
                    odd += left_out
                again = [(blanks[source.delivery_id], source.arrival) for source in odd]
                sources, refused = self._prepared(contract, again, Path(folder), force=True)
                done += self._record(refused)
        return done

    def _prepared(self, contract: Contract, pending: list[tuple[Delivery, Arrival]], folder: Path, *,
                  force: bool) -> tuple[list[Source], list[Delivery]]:
        sources: list[Source] = []
        refused: list[Delivery] = []
        for delivery, arrival in pending:
            try:
                sources.append(self._source(contract, delivery.delivery_id, arrival, folder, force))
            except FileRefusedError as refusal:
                refused.append(_refused(delivery, refusal.reason, refusal.detail))
            except OSError:
                refused.append(_refused(delivery, "FILE_UNREADABLE", ""))
        return sources, refused

    def _source(self, contract: Contract, delivery_id: int, arrival: Arrival, folder: Path, force: bool) -> Source:
        """A file made ready for DuckDB: as it is when regular, straightened otherwise (``force``: in any case)."""
        names = [field.name for field in contract.fields]
        target = folder / f"d{delivery_id}.csv"
        with arrival.path.open("rb") as stream:
            is_sheet = shape.is_spreadsheet(stream.read(8))
        if is_sheet:
            rows, found = normalise.open_sheet(arrival.path, names, self._settings.max_file_mb << 20)
            found = replace(found, columns=shape.match_columns(found.headers, contract))
            clean = normalise.normalise_sheet(rows, found, target)
        else:
            found = shape.shape_of_text(arrival.path, names)
            found = replace(found, columns=shape.match_columns(found.headers, contract))
            if found.is_regular and not force:
                return _with_remarks(Source(arrival, delivery_id, arrival.path, found, arrival.line_count - 1))
            clean, found = normalise.normalise_text(arrival.path, found, target)
        return _with_remarks(Source(arrival, delivery_id, clean.path, found, clean.row_count, is_clean=True,
                                    ragged_lines=clean.ragged_lines))

    def _judged(self, blanks: dict[int, Delivery], source: Source) -> Delivery:
        accepted, refused = self._con.execute("select accepted, refused from counts where delivery_id = ?",
                                              [source.delivery_id]).fetchone()
        status = "refused" if not accepted else "partial" if refused else "accepted"
        remarks = list(source.remarks)
        if accepted and self._supersedes(source.arrival):
            remarks.append(("SUPERSEDES", ""))
        return replace(blanks[source.delivery_id], status_code=status, accepted_row_count=accepted,
                       refused_row_count=refused, ignored_column_count=source.shape.ignored_count,
                       remarks=tuple(remarks))

    def _supersedes(self, arrival: Arrival) -> bool:
        return any((other.sender_code, other.table_name, other.period) ==
                   (arrival.sender, arrival.table, arrival.period) for other in self._register.landed())

    def _record(self, deliveries: list[Delivery]) -> list[Delivery]:
        if deliveries:
            self._receipts.write(self._con, deliveries)
            self._register.add(deliveries)
        return deliveries

    def _outright(self, delivery: Delivery, arrival: Arrival) -> Delivery:
        if arrival.status == "refused":
            return _refused(delivery, arrival.reason, arrival.detail)
        return replace(delivery, status_code="duplicate", reason_code=arrival.reason,
                       remarks=((arrival.reason, ""),))

    def _blank(self, arrival: Arrival, delivery_id: int) -> Delivery:
        month = period_month(arrival.period) if arrival.period else None
        return Delivery(delivery_id, arrival.sender, arrival.table, arrival.period, month, arrival.version,
                        arrival.sha256, arrival.name, self._received_at, "refused")


def _refused(delivery: Delivery, reason: str, detail: str) -> Delivery:
    return replace(delivery, status_code="refused", reason_code=reason, remarks=((reason, detail),))


def _with_remarks(source: Source) -> Source:
    if source.row_count + len(source.ragged_lines) == 0:
        raise FileRefusedError("NO_ROWS")
    if source.shape.ignored_count:
        ranks = [str(rank) for rank, column in enumerate(source.shape.columns, start=1) if column is None]
        source.remarks.append(("COLUMN_IGNORED", "colonne(s) n° " + ", ".join(ranks)))
    if source.shape.encoding not in ("utf-8", "sheet"):
        source.remarks.append(("ENCODING_CONVERTED", source.shape.encoding))
    return source
