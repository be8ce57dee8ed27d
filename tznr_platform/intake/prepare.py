"""Make each file ready for DuckDB: as it lies, or in UTF-8, when it is regular; straightened otherwise.

Here: which of the two, the refusals found on the way, files taken out of what packs them. Files that share a layout
are read together, so a small file with a layout of its own is straightened too: one read more would cost more than
one copy. Not here: reading an odd file (``reading``), its clean copy (``normalise``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tznr_platform.intake import containers, normalise
from tznr_platform.intake.arrivals import Arrival, FileRefusedError
from tznr_platform.intake.columns import Matched, match_columns
from tznr_platform.intake.reading import Reading, plain, read_table

if TYPE_CHECKING:
    from tznr_platform.contracts import Contract

SMALL_BYTES = 4 << 20
Remark = tuple[str, str]


@dataclass(frozen=True)
class Source:
    """A file ready for DuckDB: as it lies, or a clean copy (its columns are told in ``normalise``).

    ``line_count``: lines that DuckDB must find, without the header. ``columns``: of a clean copy, the contract's;
    of a file as it lies, its own, None for one that is not the contract's. ``rest_ranks``: the ranks, in the
    sender's file and from 1, of the columns that ``rest`` joins.
    """

    delivery_id: int
    arrival: Arrival
    path: Path
    columns: tuple[str | None, ...] = ()
    delimiter: str = normalise.DELIMITER
    line_count: int = 0
    is_clean: bool = False
    ignored_count: int = 0
    rest_ranks: tuple[int, ...] = ()
    remarks: tuple[Remark, ...] = ()

    @property
    def layout(self) -> tuple:
        """What files must share to be read together."""
        return self.is_clean, self.delimiter, self.columns


@dataclass(frozen=True)
class Prepared:
    """Sources to read, and the files refused (identity, reason, detail)."""

    sources: list[Source]
    refused: list[tuple[int, str, str]]


@dataclass(frozen=True)
class Opened:
    """A text file out of its packing, looked at; of a workbook, which is read once only, just where it is."""

    path: Path
    line_count: int
    reading: Reading | None = None
    matched: Matched | None = None

    @property
    def layout(self) -> tuple | None:
        """What regular files must share to be read together; None if it must be straightened."""
        if self.reading is None or not self.reading.is_regular:
            return None
        return self.reading.separator, self.matched.columns


def prepare(contract: Contract, pending: dict[int, Arrival], folder: Path, max_bytes: int, *,
            straighten_all: bool = False) -> Prepared:
    """Sources of the pending arrivals of a table, by delivery; clean copies go to ``folder``."""
    opened: dict[int, Opened] = {}
    prepared = Prepared([], [])
    for delivery_id, arrival in pending.items():
        with _refusals(prepared, delivery_id):
            opened[delivery_id] = _open(arrival, contract, folder / f"d{delivery_id}", max_bytes)
    layouts = Counter(item.layout for item in opened.values() if item.layout)
    commonest = max(layouts, key=layouts.get, default=None)
    for delivery_id, item in opened.items():
        announced = Source(delivery_id, pending[delivery_id], folder / f"d{delivery_id}.csv")
        as_it_lies = (item.layout is not None and not straighten_all
                      and (item.layout == commonest or announced.arrival.size > SMALL_BYTES))
        with _refusals(prepared, delivery_id):
            prepared.sources.append(_regular(announced, item) if as_it_lies
                                    else _straightened(announced, item, contract, max_bytes))
    return prepared


def unpacked(arrival: Arrival, folder: Path, max_bytes: int) -> Path:
    """Where the table of an arrival lies once out of its archive; copies go to ``folder``, made if need be."""
    path = arrival.path
    if arrival.member is not None:
        folder.mkdir(exist_ok=True)
        path = containers.unpack(path, arrival.member, folder / "member", max_bytes)
    if containers.is_packed(path):
        folder.mkdir(exist_ok=True)
        path = plain(path, folder, max_bytes)
    return path


@contextmanager
def _refusals(prepared: Prepared, delivery_id: int) -> Iterator[None]:
    """Turn the refusal of a file, or a file that cannot be opened any more, into an entry of ``prepared``."""
    try:
        yield
    except FileRefusedError as refusal:
        prepared.refused.append((delivery_id, refusal.reason, refusal.detail))
    except (FileNotFoundError, PermissionError):
        prepared.refused.append((delivery_id, "FILE_UNREADABLE", ""))


def _open(arrival: Arrival, contract: Contract, folder: Path, max_bytes: int) -> Opened:
    path = unpacked(arrival, folder, max_bytes)
    line_count = arrival.line_count
    if path != arrival.path and arrival.member is None:
        with path.open("rb") as stream:
            line_count = containers.measure(stream)[1]
    if containers.kind_of(path) != "text":
        return Opened(path, line_count)
    reading = read_table(path, [item.name for item in contract.fields], max_bytes=max_bytes)
    return Opened(path, line_count, reading, match_columns(reading.headers, contract, reading.left))


def _regular(source: Source, opened: Opened) -> Source:
    """The file itself, or its copy in UTF-8: the same lines."""
    path, reading = opened.path, opened.reading
    if reading.encoding != "utf-8":
        normalise.transcode(path, reading.encoding, source.path)
        path = source.path
    return replace(source, path=path, columns=opened.matched.columns, delimiter=reading.separator,
                   line_count=opened.line_count - 1, ignored_count=opened.matched.columns.count(None),
                   remarks=_remarks(reading, opened.matched))


def _straightened(source: Source, opened: Opened, contract: Contract, max_bytes: int) -> Source:
    """Write the clean copy that ``source`` announces."""
    names = tuple(item.name for item in contract.fields)
    reading, matched = opened.reading, opened.matched
    if reading is None:
        reading = read_table(opened.path, names, max_bytes=max_bytes)
        matched = match_columns(reading.headers, contract, reading.left)
    clean = normalise.straighten(reading, matched.columns, names, source.path)
    if not clean.row_count:
        raise FileRefusedError("NO_ROWS")
    return replace(source, columns=names, line_count=clean.line_count, is_clean=True,
                   ignored_count=len(clean.rest_ranks), rest_ranks=clean.rest_ranks,
                   remarks=_remarks(reading, matched))


def _remarks(reading: Reading, matched: Matched) -> tuple[Remark, ...]:
    """Unknown columns are told by their rank, never by their name: without a header line it is a value."""
    remarks = list(matched.remarks)
    if ranks := [str(rank) for rank, column in enumerate(matched.columns, start=reading.left + 1) if column is None]:
        remarks.append(("COLUMN_IGNORED", "colonne n° " + ", ".join(ranks)))
    if reading.encoding not in ("utf-8", ""):
        remarks.append(("ENCODING_CONVERTED", reading.encoding))
    remarks += [remark for remark in reading.remarks if remark[0] != "HEADER_INCOMPLETE"]
    return tuple(remarks)
