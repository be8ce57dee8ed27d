"""Make each file ready for DuckDB: as it lies, or in UTF-8, when it is regular; straightened otherwise.

Here: which of the two, and the refusals found on the way. Files that share a layout are read together, so
a small file with a layout of its own is straightened too: one read more would cost more than one copy.
Not here: detection (``shape``), straightening (``normalise``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tznr_platform.intake import normalise
from tznr_platform.intake.arrivals import Arrival, FileRefusedError
from tznr_platform.intake.shape import Shape, is_spreadsheet, match_columns, shape_of_text

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


def prepare(contract: Contract, pending: dict[int, Arrival], folder: Path, max_bytes: int, *,
            straighten_all: bool = False) -> Prepared:
    """Sources of the pending arrivals of a table, by delivery; clean copies go to ``folder``."""
    names = [item.name for item in contract.fields]
    shapes: dict[int, Shape | None] = {}
    prepared = Prepared([], [])
    for delivery_id, arrival in pending.items():
        with _refusals(prepared, delivery_id):
            shapes[delivery_id] = _shape(arrival.path, names, contract)
    regular = Counter((shape.delimiter, shape.columns) for shape in shapes.values()
                      if shape and shape.is_regular)
    commonest = max(regular, key=regular.get, default=None)
    for delivery_id, shape in shapes.items():
        arrival = pending[delivery_id]
        as_it_lies = (shape is not None and shape.is_regular and not straighten_all
                      and ((shape.delimiter, shape.columns) == commonest or arrival.size > SMALL_BYTES))
        with _refusals(prepared, delivery_id):
            announced = Source(delivery_id, arrival, folder / f"d{delivery_id}.csv")
            source = (_regular(announced, shape) if as_it_lies
                      else _straightened(announced, shape, contract, max_bytes))
            prepared.sources.append(source)
    return prepared


@contextmanager
def _refusals(prepared: Prepared, delivery_id: int) -> Iterator[None]:
    """Turn the refusal of a file, or a file that cannot be opened any more, into an entry of ``prepared``."""
    try:
        yield
    except FileRefusedError as refusal:
        prepared.refused.append((delivery_id, refusal.reason, refusal.detail))
    except (FileNotFoundError, PermissionError):
        prepared.refused.append((delivery_id, "FILE_UNREADABLE", ""))


def _shape(path: Path, names: list[str], contract: Contract) -> Shape | None:
    """Shape of a text file with its columns matched; None for a workbook, which is opened once only."""
    with path.open("rb") as stream:
        if is_spreadsheet(stream.read(8)):
            return None
    shape = shape_of_text(path, names)
    return replace(shape, columns=match_columns(shape.headers, contract))


def _regular(source: Source, shape: Shape) -> Source:
    """The file itself, or its copy in UTF-8: the same lines."""
    path = source.arrival.path
    if source.arrival.line_count < 2:
        raise FileRefusedError("NO_ROWS")
    if shape.encoding != "utf-8":
        normalise.transcode(path, shape.encoding, source.path)
        path = source.path
    return replace(source, path=path, columns=shape.columns, delimiter=shape.delimiter,
                   line_count=source.arrival.line_count - 1, ignored_count=shape.ignored_count,
                   remarks=_remarks(shape))


def _straightened(source: Source, shape: Shape | None, contract: Contract, max_bytes: int) -> Source:
    """Write the clean copy that ``source`` announces."""
    names = tuple(item.name for item in contract.fields)
    if shape is None:
        rows, shape = normalise.open_sheet(source.arrival.path, names, max_bytes)
        shape = replace(shape, columns=match_columns(shape.headers, contract))
        clean = normalise.normalise_sheet(rows, shape, names, source.path)
    else:
        clean, shape = normalise.normalise_text(source.arrival.path, shape, names, source.path)
    if not clean.row_count:
        raise FileRefusedError("NO_ROWS")
    return replace(source, columns=names, line_count=clean.line_count, is_clean=True,
                   ignored_count=shape.ignored_count, rest_ranks=clean.rest_ranks, remarks=_remarks(shape))


def _remarks(shape: Shape) -> tuple[Remark, ...]:
    """Unknown columns are told by their rank, never by their name: without a header line it is a value."""
    remarks: list[Remark] = []
    if shape.ignored_count:
        ranks = [str(rank) for rank, column in enumerate(shape.columns, start=1) if column is None]
        remarks.append(("COLUMN_IGNORED", "colonne n° " + ", ".join(ranks)))
    if shape.encoding not in ("utf-8", "sheet"):
        remarks.append(("ENCODING_CONVERTED", shape.encoding))
    return tuple(remarks)
