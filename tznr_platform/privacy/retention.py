"""How long each class of data is kept, what it holds, and its destruction when its time is over.

Here: which class every file belongs to, the state of the classes, the purge and its certificate. Not here: the refusal
to open what is over (``storage.clock``), the dates (``contracts/reference``). Source: methods 9; arrêté du 12 mai 2025.

A file that no rule names is working data: what is forgotten is destroyed with them, never kept by mistake.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from tznr_platform.contracts import contracts, reference
from tznr_platform.privacy.originals import originals, read_hashes
from tznr_platform.settings import Settings
from tznr_platform.storage import audit, backup, chain, clock, registers

COMMITTEE = "comite"
PLACES = (
    ("releases/comite", COMMITTEE), ("releases/", "agregats"), ("reports/", "agregats"), ("gates/", "agregats"),
    ("lake/disclosed/", "agregats"),
    ("receipts/", "journaux"), ("dagster/", "journaux"), ("lake/register/", "journaux"),
    ("requests/exclusion.", "liste_exclusion"), ("requests/restriction.", "liste_exclusion"),
    ("requests/erasures.", "liste_exclusion"),
    ("requests/registre_reduit.", "preuves"), ("audit/", "preuves"), ("certificates/", "preuves"),
    ("clock.json", "preuves"), ("origin.json", "preuves"),
)


@dataclass(frozen=True)
class Holding:
    """A file, its class, and the last day on which it may be kept (None: no limit)."""

    path: Path
    retention_code: str
    end_date: dt.date | None


@dataclass(frozen=True)
class ClassState:
    """A class today. ``end_date``: the earliest of its files', or that of the class when it holds none."""

    retention_code: str
    label: str
    action: str
    certainty: str
    end_date: dt.date | None
    days_left: int | None
    file_count: int
    byte_count: int
    over_count: int


def holdings(settings: Settings) -> list[Holding]:
    """Every file of the data directory, the senders' originals, the key, the backups within reach; locks left out."""
    files = {path for path in settings.root.rglob("*") if path.is_file() and path.suffix != ".lock"}
    files |= {*originals(settings), *filter(Path.is_file, [settings.key_file]), *_backup_files(settings)}
    codes = _codes_of_originals(settings)
    found = [(path, codes.get(path) or class_of(settings, path)) for path in sorted(files)]
    deliveries = _committee_deliveries(settings)
    return [Holding(path, code, _end(code, deliveries.get(path.name))) for path, code in found]


def emptied(settings: Settings, path: Path) -> bool:
    """An accepted file without a row: it stays as long as the register names it, and holds nothing."""
    accepted = settings.lake_dir / "accepted"
    if not path.is_relative_to(accepted):
        return False
    schema = accepted / path.relative_to(accepted).parts[0] / "_schema.parquet"
    return (schema.is_file() and path.stat().st_size == schema.stat().st_size
            and path.read_bytes() == schema.read_bytes())


def class_of(settings: Settings, path: Path) -> str:
    """Code of the retention class of a file; working data unless a rule says otherwise."""
    if path.is_relative_to(settings.inbox_dir) or not path.is_relative_to(settings.root):
        return clock.WORKING
    name = path.relative_to(settings.root).as_posix()
    if name.startswith("lake/accepted/"):
        table = contracts().get(name.split("/")[2])
        return table.retention_code if table else clock.WORKING
    return next((code for start, code in PLACES if name.startswith(start)), clock.WORKING)


def over(settings: Settings) -> list[Holding]:
    """The files whose time is over today; emptied ones only when the working data go as well."""
    return _over(settings, holdings(settings))


def _over(settings: Settings, held: list[Holding]) -> list[Holding]:
    found = [holding for holding in held if clock.is_over(settings, holding.end_date)]
    if any(holding.retention_code == clock.WORKING for holding in found):
        return found
    return [holding for holding in found if not emptied(settings, holding.path)]


def states(settings: Settings) -> list[ClassState]:
    """Every class with what it holds and the days left, in the order of the reference list."""
    held = holdings(settings)
    over_counts = Counter(holding.retention_code for holding in _over(settings, held))
    return [_state(settings, row, [holding for holding in held if holding.retention_code == row["retention_code"]],
                   over_counts[row["retention_code"]]) for row in reference("retention_classes")]


def _state(settings: Settings, row: dict[str, str], held: list[Holding], over_count: int) -> ClassState:
    end = min((holding.end_date for holding in held if holding.end_date), default=clock.end_date(row["retention_code"]))
    return ClassState(
        row["retention_code"], row["retention_label"], row["action"], row["certainty"], end,
        (end - clock.day(settings)).days if end else None, len(held),
        sum(holding.path.stat().st_size for holding in held), over_count)


def _end(retention_code: str, delivered: dt.date | None) -> dt.date | None:
    """The end of the class; for a set handed over, some months after that day if it comes first."""
    end = clock.end_date(retention_code)
    months = next(row["months_after"] for row in reference("retention_classes")
                  if row["retention_code"] == retention_code)
    if not months or delivered is None:
        return end
    return min(filter(None, (end, _months_after(delivered, int(months)))))


def _months_after(day: dt.date, months: int) -> dt.date:
    """The same day of a later month, or the last one of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    following = dt.date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    return min(dt.date(year, month + 1, 1) + dt.timedelta(days=day.day - 1), following - dt.timedelta(days=1))


def _codes_of_originals(settings: Settings) -> dict[Path, str]:
    """The class of the originals that were read whole: that of the table they became."""
    register = registers.deliveries_file(settings)
    if not register.is_file():
        return {}
    columns = pq.read_table(register, columns=["sha256", "table_name"]).to_pydict()
    tables = dict(zip(columns["sha256"], columns["table_name"], strict=True))
    return {path: contracts()[tables[sha256]].retention_code for path, sha256 in read_hashes(settings).items()
            if tables.get(sha256) in contracts()}


def _committee_deliveries(settings: Settings) -> dict[str, dt.date]:
    """The day each package was first released, by file name, from the audit log."""
    found: dict[str, dt.date] = {}
    for entry in chain.entries(settings.audit_file, audit.WHAT):
        if entry["action"] == "release":
            found.setdefault(str(entry["subject"]), dt.date.fromisoformat(str(entry["date"])))
    return found


def _backup_files(settings: Settings) -> list[Path]:
    return [path for copy in backups(settings) for path in copy.rglob("*") if path.is_file()]


def backups(settings: Settings, *, within_reach: bool = True) -> list[Path]:
    """The backups not known to be destroyed that are within reach, or those that cannot be seen from here."""
    acts = [(entry["action"], str(entry["subject"])) for entry in chain.entries(settings.audit_file, audit.WHAT)]
    ended = {subject for action, subject in acts if action == backup.ENDED}
    known = dict.fromkeys(Path(subject) for action, subject in acts if action == backup.MADE and subject not in ended)
    return [copy for copy in known if (copy / backup.MANIFEST).is_file() == within_reach]
