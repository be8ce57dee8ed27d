"""The check before sending: the receipt the platform would write, on the sender's own computer, nothing kept.

Here: the name the file would be sent under, the trial in a throw-away place, what the receipts say. Not here: reading
and judging (``intake``). No key is needed: the trial draws its own and forgets it.
"""

from __future__ import annotations

import csv
import shutil
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tznr_platform import contracts, intake
from tznr_platform.errors import ExitCode, UserError
from tznr_platform.intake.names import Name, NameReader
from tznr_platform.privacy.pseudonym import AnalysisKey
from tznr_platform.sender.workshop import workshop
from tznr_platform.settings import Settings

Refusal = tuple[int, str, str]


@dataclass(frozen=True)
class Checked:
    """What would become of a file: a delivery, or one for each file of an archive.

    ``refusals``: line, field and reason code of every row refused. ``is_moving``: the file changed while it was read.
    """

    deliveries: tuple[intake.Delivery, ...]
    refusals: tuple[Refusal, ...]
    is_moving: bool

    @property
    def is_refused(self) -> bool:
        return self.is_moving or any(delivery.status_code == "refused" for delivery in self.deliveries)

    def groups(self) -> list[tuple[str, str, list[int]]]:
        """Field, reason code and lines of the refusals, the most frequent first."""
        lines: dict[tuple[str, str], list[int]] = {}
        for line, field, reason in self.refusals:
            lines.setdefault((field, reason), []).append(line)
        return sorted(((*what, at) for what, at in lines.items()), key=lambda group: -len(group[2]))


def check(path: Path, sender: str, *, table: str | None = None, period: str | None = None,
          out: Path | None = None) -> Checked:
    """Receive a file as the platform would, in a place that disappears; receipts are copied to ``out`` if given.

    ``table`` and ``period`` are those of the file's name unless given. ``UserError`` USAGE when the sender, the table
    or the period is unknown, INPUT when the name tells another sender.
    """
    with workshop() as settings:
        target = settings.inbox_dir / _sent_name(path, sender, table, period, settings.today.year)
        target.parent.mkdir(parents=True)
        target.symlink_to(path.resolve())
        AnalysisKey.create(settings)
        deliveries, waiting = intake.try_out(settings)
        refusals = _refusals(settings)
        if out is not None and deliveries:
            shutil.copytree(settings.receipts_dir, out, dirs_exist_ok=True)
    return Checked(tuple(deliveries), refusals, bool(waiting))


def _sent_name(path: Path, sender: str, table: str | None, period: str | None, year: int) -> PurePosixPath:
    """The file's own name, in the folder of its sender if it does not tell it; another when more is given."""
    reader = NameReader()
    told = reader.read(PurePosixPath(path.name), year)
    given = Name(_known(reader.read(PurePosixPath(f"{sender}_x"), year).sender, "émetteur", contracts.senders()),
                 table and _known(reader.read(PurePosixPath(f"{sender}_{table}"), year).table, "table",
                                  contracts.contracts()),
                 period and _known(reader.read(PurePosixPath(f"{sender}_x_{period}"), year).period, "période",
                                   ("2025-06", "2025-T2", "2025-S1", "2025")))
    if told.sender not in (None, given.sender):
        raise UserError(f"Le nom du fichier désigne un autre émetteur : {told.sender}.", where=path.name,
                        why="à la réception, c'est lui qui serait retenu",
                        remedy=f"renommer le fichier, ou vérifier pour --sender {told.sender}")
    if table is None and period is None:
        return PurePosixPath(path.name) if told.sender else PurePosixPath(given.sender, path.name)
    parts = (given.sender, given.table or told.table, given.period or told.period)
    suffixes = path.suffixes[-2:] if path.suffix.lower() == ".gz" else [path.suffix]
    return PurePosixPath("_".join(filter(None, parts)) + "".join(suffixes))


def _known(value: str | None, what: str, choices: object) -> str:
    if value is None:
        raise UserError(f"Cette valeur n'est pas connue : {what}.", where="la commande",
                        why="rien ne peut être vérifié sans elle",
                        remedy="choisir parmi : " + ", ".join(choices), exit_code=ExitCode.USAGE)
    return value


def _refusals(settings: Settings) -> tuple[Refusal, ...]:
    """The rows refused, as the receipts list them."""
    found: list[Refusal] = []
    for receipt in sorted(settings.receipts_dir.rglob("*.csv")):
        with receipt.open(encoding="utf-8-sig", newline="") as stream:
            found += [(int(row["ligne"]), row["champ"], row["motif"])
                      for row in csv.DictReader(stream, delimiter=";") if row["ligne"]]
    return tuple(found)
