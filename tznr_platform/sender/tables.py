"""Any readable file as cells that DuckDB can query: ``line``, ``is_ragged``, ``c0``, ``c1``…

Here: a regular CSV, read where it lies by all the cores; anything else through the readers of the intake, by batches
in memory, so that no copy of a file that names people is ever written. Not here: detection and readers (``intake``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import duckdb
import pyarrow as pa

from tznr_platform import contracts
from tznr_platform.errors import UserError
from tznr_platform.intake.arrivals import FileRefusedError
from tznr_platform.intake.reading import ASIDE, RAGGED, Reading, read_table
from tznr_platform.sender.columns import IDENTITY_HEADERS
from tznr_platform.settings import Settings
from tznr_platform.storage.lake import quote

BATCH_ROWS = 20_000
CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Table:
    """Headers and a relation of cells; ``left``: columns of the file before the first header.

    ``row_count``: how many rows the relation must give, None when any number is right.
    """

    headers: tuple[str, ...]
    relation: str
    row_count: int | None = None
    left: int = 0
    trouble: list[FileRefusedError] = field(default_factory=list)

    def is_whole(self, found: int) -> bool:
        """Whether a query that found that many rows read them all; ``UserError`` when the file broke on the way."""
        if self.trouble:
            raise _letter(self.trouble[0])
        return self.row_count in (None, found)


def readings(con: duckdb.DuckDBPyConnection, path: Path, settings: Settings, names: Iterable[str]) -> Iterator[Table]:
    """The table of a file, read fast if it looks regular, then line by line if the count was wrong.

    ``names``: headers expected besides those of the contracts. ``UserError`` INPUT when no reader can.
    """
    known = {*names, *(header for headers in IDENTITY_HEADERS.values() for header in headers),
             *(field.name for contract in contracts.contracts().values() for field in contract.fields)}
    try:
        reading = read_table(path, known, max_bytes=settings.max_file_mb << 20)
    except FileRefusedError as refusal:
        raise _letter(refusal) from None
    if reading.is_regular and reading.encoding == "utf-8":
        yield _as_it_lies(reading)
    table = Table(reading.headers, "odd_cells", left=reading.left)
    con.register(table.relation, _batches(reading, table.trouble))
    yield table


def _letter(refusal: FileRefusedError) -> UserError:
    reason = contracts.reason_codes()[refusal.reason]
    return UserError(reason.message, where="le fichier à lire", why=refusal.detail, remedy=reason.remedy)


def _as_it_lies(reading: Reading) -> Table:
    columns = ", ".join(f"'c{rank}': 'VARCHAR'" for rank in range(len(reading.headers)))
    return Table(reading.headers, "(select null::bigint as line, false as is_ragged, * from "
                 f"read_csv({quote(reading.path)}, columns = {{{columns}}}, header = true, "
                 f"delim = {quote(reading.separator)}, quote = '\"', escape = '\"', auto_detect = false, "
                 "ignore_errors = true))", _line_count(reading.path) - 1)


def _line_count(path: Path) -> int:
    count, last = 0, b"\n"
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            count += chunk.count(b"\n")
            last = chunk[-1:]
    return count + (last != b"\n")


def _batches(reading: Reading, trouble: list[FileRefusedError]) -> pa.RecordBatchReader:
    """The lines of a file for DuckDB. A file that breaks on the way ends there, and says so in ``trouble``."""
    width = len(reading.headers)
    kinds = pa.schema([("line", pa.int64()), ("is_ragged", pa.bool_()),
                       *((f"c{rank}", pa.string()) for rank in range(width))])

    def lines() -> Iterator[tuple]:
        try:
            yield from ((line, part == RAGGED, *(cells if part != RAGGED else [None] * width))
                        for line, part, cells in reading.lines() if part != ASIDE)
        except FileRefusedError as refusal:
            trouble.append(refusal)

    def batches() -> Iterator[pa.RecordBatch]:
        rows = lines()
        while some := list(islice(rows, BATCH_ROWS)):
            columns = zip(*some, strict=True)
            yield pa.record_batch([pa.array(column, kind) for column, kind in zip(columns, kinds.types, strict=True)],
                                  schema=kinds)

    return pa.RecordBatchReader.from_batches(kinds, batches())
