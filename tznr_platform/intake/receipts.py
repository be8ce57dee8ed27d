"""The answer to a sender: a letter to read (HTML) and a list for machines (CSV), one pair a delivery.

Here: what a receipt says and where it goes. Never a value: lines, fields, reasons, remedies. Not here:
the messages, which belong to the reason codes of the contracts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, groupby
from operator import itemgetter
from pathlib import Path, PurePosixPath

import duckdb
import jinja2

from tznr_platform import contracts, french
from tznr_platform.intake.arrivals import Delivery
from tznr_platform.settings import Settings
from tznr_platform.storage import lake
from tznr_platform.storage.exports import write_csv

UNKNOWN_SENDER = "_inconnu"
SHOWN_LINES, FETCHED_ROWS = 20, 10_000


@dataclass(frozen=True)
class Refusal:
    """All lines refused for one reason at one field."""

    field: str
    reason: str
    count: int
    lines: tuple[int, ...]

    @property
    def more_count(self) -> int:
        return self.count - len(self.lines)


class ReceiptWriter:
    """Writes receipts; the template is compiled once for thousands of them."""

    def __init__(self, settings: Settings, answered: Iterable[Delivery]) -> None:
        self._settings = settings
        self._answered = answered
        environment = jinja2.Environment(
            loader=jinja2.PackageLoader("tznr_platform.intake"), autoescape=True, trim_blocks=True,
            lstrip_blocks=True, undefined=jinja2.StrictUndefined)
        environment.filters |= {"number": french.number, "count": french.count, "day": french.day}
        self._template = environment.get_template("receipt.html.j2")

    def write(self, con: duckdb.DuckDBPyConnection, deliveries: Sequence[Delivery]) -> None:
        """Write the receipts of new deliveries; their refused lines are in the table ``refusals``."""
        partly = [delivery.delivery_id for delivery in deliveries if delivery.refused_row_count]
        summaries = _summaries(con, partly) if partly else {}
        refused = groupby(_lines(con, partly), key=itemgetter(0))
        with lake.storage_errors(self._settings.receipts_dir):
            for delivery in sorted(deliveries, key=lambda delivery: delivery.delivery_id):
                stem = self._free_path(delivery)
                letter = self._letter(delivery, summaries.get(delivery.delivery_id, []))
                lines = next(refused)[1] if delivery.refused_row_count else ()
                stem.parent.mkdir(parents=True, exist_ok=True)
                Path(f"{stem}.html").write_text(letter, encoding="utf-8")
                with open(f"{stem}.csv", "w", encoding="utf-8", newline="") as stream:
                    write_csv(stream, ("ligne", "champ", "motif", "message"), _rows(delivery, lines))

    @cached_property
    def _taken(self) -> set[Path]:
        return {self._plain_path(delivery) for delivery in self._answered}

    def _plain_path(self, delivery: Delivery) -> Path:
        """Path of the receipts of a file, without suffix: its own stem, in the folder of its sender."""
        stem = re.sub(r"[^\w.-]+", "_", PurePosixPath(delivery.file_name).stem)[:100] or "fichier"
        return self._settings.receipts_dir / (delivery.sender_code or UNKNOWN_SENDER) / stem

    def _free_path(self, delivery: Delivery) -> Path:
        """The plain path, or one with the number of the delivery when an earlier receipt bears that name."""
        path = self._plain_path(delivery)
        if path in self._taken:
            return path.with_name(f"{path.name}_d{delivery.delivery_id}")
        self._taken.add(path)
        return path

    def _letter(self, delivery: Delivery, refusals: list[Refusal]) -> str:
        sender = contracts.senders().get(delivery.sender_code)
        return self._template.render(
            delivery=delivery, refusals=refusals, codes=contracts.reason_codes(),
            sender=sender.label if sender else "Émetteur non identifié",
            contract=contracts.contracts().get(delivery.table_name), next_name=_next_name(delivery))


def _next_name(delivery: Delivery) -> str | None:
    """The name to give to a corrected file, when all its parts are known."""
    if None in (delivery.sender_code, delivery.table_name, delivery.period) or delivery.sender_code == "OPEN":
        return None
    suffix = PurePosixPath(delivery.file_name).suffix or ".csv"
    version = f"_v{delivery.version + 1}" if delivery.version and delivery.accepted_row_count else ""
    return f"{delivery.sender_code}_{delivery.table_name}_{delivery.period}{version}{suffix}"


def _summaries(con: duckdb.DuckDBPyConnection, identities: list[int]) -> dict[int, list[Refusal]]:
    rows = con.execute("select delivery_id, field_name, reason_code, count(*), "
                       f"list(line_number order by line_number)[:{SHOWN_LINES}] from refusals "
                       "where list_contains(?, delivery_id) group by 1, 2, 3 order by 1, 4 desc, 2, 3",
                       [identities]).fetchall()
    found: dict[int, list[Refusal]] = {}
    for delivery_id, field, reason, count, lines in rows:
        found.setdefault(delivery_id, []).append(Refusal(field, reason, count, tuple(lines)))
    return found


def _lines(con: duckdb.DuckDBPyConnection, identities: list[int]) -> Iterator[tuple]:
    """Delivery, line, field and reason of each refusal, by delivery and line; they may be a million."""
    if not identities:
        return
    con.execute("select delivery_id, line_number, field_name, reason_code from refusals "
                "where list_contains(?, delivery_id) order by all", [identities])
    while rows := con.fetchmany(FETCHED_ROWS):
        yield from rows


def _rows(delivery: Delivery, lines: Iterable[tuple]) -> Iterator[tuple]:
    codes = contracts.reason_codes()
    remarks = (("", "", reason, codes[reason].message + (f" ({detail})" if detail else ""))
               for reason, detail in delivery.remarks)
    return chain(remarks, ((line, field, reason, codes[reason].message) for _, line, field, reason in lines))
