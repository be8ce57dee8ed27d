"""Who sent what, for when: read from the name of a file, and from its folder.

Here: the grammar ``<sender>_<table>_<period>[_v<N>]``, case, accents, hyphens and blanks being indifferent.
Not here: what the file contains (``shape``) and which version it becomes (``scan``).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import PurePath

from tznr_platform import contracts
from tznr_platform.privacy.screen import fold

PERIOD = re.compile(r"(?:^|_)(?P<year>20\d{2})"
                    r"(?:_(?:(?P<month>0[1-9]|1[0-2])|t(?P<quarter>[1-4])|s(?P<half>[12])))?$")
VERSION = re.compile(r"_v(\d{1,3})$")
TERRITORY = re.compile(r"^tznr_?0*(\d{1,2})(?=_|$)")
YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d)")


@dataclass(frozen=True)
class Name:
    """What a name says; None where it says nothing known. ``version`` is only the one written in the name."""

    sender: str | None = None
    table: str | None = None
    period: str | None = None
    version: int | None = None


class NameReader:
    """Reads names against the senders and tables of the contracts."""

    def __init__(self) -> None:
        tables = contracts.contracts().values()
        self._senders = {_fold_sender(code): code for code in contracts.senders()}
        self._tables = {fold(contract.name): contract.name for contract in tables}
        self._globs = [(glob.lower(), contract) for contract in tables for glob in contract.filenames]

    def read(self, path: PurePath, reception_year: int) -> Name:
        """Identify a file by its path inside the inbox; open data by the globs of its contract."""
        for glob, contract in self._globs:
            if fnmatch(path.name.lower(), glob):
                years = YEAR.findall(path.stem)
                return Name(contract.senders[0], contract.name, max(years, default=str(reception_year)))
        text = _fold_sender(path.stem)
        version = VERSION.search(text)
        text = VERSION.sub("", text)
        period = PERIOD.search(text)
        sender, table = self._sender_and_table(PERIOD.sub("", text), path)
        return Name(sender, table, _period(period) if period else None, int(version[1]) if version else None)

    def is_plain(self, path: PurePath, name: Name) -> bool:
        """Whether nothing but codes of ours is in a name, its folders included."""
        return None not in (name.sender, name.table, name.period) and not self._is_open(path) and all(
            _fold_sender(folder) in self._senders for folder in path.parent.parts)

    def _is_open(self, path: PurePath) -> bool:
        return any(fnmatch(path.name.lower(), glob) for glob, _ in self._globs)

    def _sender_and_table(self, text: str, path: PurePath) -> tuple[str | None, str | None]:
        prefix = _longest(name for name in self._senders if text == name or text.startswith(name + "_"))
        if prefix is not None:
            return self._senders[prefix], self._tables.get(text[len(prefix) + 1:])
        table = _longest(name for name in self._tables if text == name or text.endswith("_" + name))
        if table is not None and text != table:
            return None, self._tables[table]
        folders = (self._senders.get(_fold_sender(folder.removesuffix(".zip")))
                   for folder in reversed(path.parent.parts))
        return next((sender for sender in folders if sender), None), self._tables.get(text)


def period_month(period: str) -> dt.date:
    """First day of a period: ``2025-T2`` → 2025-04-01."""
    year, kind, rank = int(period[:4]), period[5:6], period[6:]
    month = {"": 1, "T": 3 * int(rank or 1) - 2, "S": 6 * int(rank or 1) - 5}.get(kind)
    return dt.date(year, int(period[5:]) if month is None else month, 1)


def _period(match: re.Match[str]) -> str:
    for group, letter in (("month", ""), ("quarter", "T"), ("half", "S")):
        if match[group]:
            return f"{match['year']}-{letter}{match[group]}"
    return match["year"]


def _longest(names: Iterable[str]) -> str | None:
    return max(names, key=len, default=None)


def _fold_sender(text: str) -> str:
    return TERRITORY.sub(lambda match: f"tznr_{int(match[1]):02d}", fold(text))
