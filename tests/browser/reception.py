"""What `tznr check` answers to a file: the list of its receipt."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from tznr_platform.sender.check import check


@dataclass(frozen=True)
class Answer:
    """``csv``: the list of the receipt, as the platform writes it."""

    table: str | None
    status: str
    csv: str


def receipt_of(path: Path, sender: str, table: str | None = None) -> Answer:
    """Check one file as its sender would."""
    with tempfile.TemporaryDirectory() as folder:
        [delivery] = check(path, sender, table=table, out=Path(folder)).deliveries
        [receipt] = Path(folder).rglob("*.csv")
        return Answer(delivery.table_name, delivery.status_code, receipt.read_bytes().decode("utf-8"))
