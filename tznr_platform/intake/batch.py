"""Many files of one table at once: one read, one judgement, one write.

Here: files of the same columns and separator go together through DuckDB, data files land before the
register tells of them. Not here: preparing an odd file (``normalise``), the rules (``rules``, ``judge``).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from tznr_platform.intake.judge import judge
from tznr_platform.intake.prepare import Source
from tznr_platform.intake.reading import ASIDE, RAGGED
from tznr_platform.intake.rules import RowRules
from tznr_platform.privacy.pseudonym import AnalysisKey
from tznr_platform.settings import Settings
from tznr_platform.storage import lake, registers
from tznr_platform.storage.lake import quote
from tznr_platform.storage.schema import landed_columns

if TYPE_CHECKING:
    from tznr_platform.contracts import Contract

BATCH_BYTES, BATCH_FILES = 400 << 20, 400
WHOLE_LINE = "(ligne entière)"
COUNTS = """
create or replace temp table counts as
select delivery_id, coalesce(accepted, 0) as accepted, coalesce(refused, 0) as refused
from batch
left join (select delivery_id, count(*) as accepted from judged where mask = 0 group by 1) using (delivery_id)
left join (select delivery_id, count(distinct line_number) as refused from refusals group by 1)
    using (delivery_id)"""


def batches(sources: list[Source]) -> Iterator[list[Source]]:
    """Group sources of the same layout, up to a size that fits in memory."""
    in_groups = sorted(sources, key=lambda source: repr(source.layout))
    for _, group in groupby(in_groups, key=lambda source: source.layout):
        batch: list[Source] = []
        size = 0
        for source in group:
            size += source.arrival.size
            if batch and (size > BATCH_BYTES or len(batch) == BATCH_FILES):
                yield batch
                batch, size = [], source.arrival.size
            batch.append(source)
        yield batch


def process(con: duckdb.DuckDBPyConnection, contract: Contract, batch: list[Source], key: AnalysisKey,
            settings: Settings) -> list[Source]:
    """Read, judge and write a batch; returns the sources that turned out odd and were left out of it.

    Leaves the temporary tables ``counts`` (delivery_id, accepted, refused) and ``refusals`` for the register
    and the receipts. Raises ``UserError`` STORAGE on a full disk, nothing of the batch being in the register.
    """
    rules = RowRules(contract, batch[0].columns)
    with lake.storage_errors(settings.lake_dir):
        odd = _read(con, rules, batch)
        judge(con, rules, key, settings)
        con.execute(COUNTS)
        _land(con, contract, batch, settings)
    return odd


def _read(con: duckdb.DuckDBPyConnection, rules: RowRules, batch: list[Source]) -> list[Source]:
    """Create ``typed`` and ``batch``; a file that gives another number of lines than it should is odd."""
    is_clean, mask = batch[0].is_clean, rules.mask_sql
    names = ["line", "part", *_columns(batch), "rest"] if is_clean else _columns(batch)
    if is_clean:
        mask = (f"case part when '{RAGGED}' then {rules.bit(WHOLE_LINE, 'COLUMN_COUNT')} "
                f"when '{ASIDE}' then -1 else {mask} end")
    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in names)
    paths = ", ".join(quote(source.path) for source in batch)
    con.execute("create or replace temp table typed as select file_index::integer as file_position, "
                f"{'line::integer' if is_clean else 'null::integer'} as sent_line, {rules.typed_sql}, "
                f"{mask} as mask from read_csv([{paths}], columns = {{{columns}}}, "
                f"header = {not is_clean}, delim = {quote(batch[0].delimiter)}, quote = '\"', escape = '\"', "
                "auto_detect = false, ignore_errors = true)")
    found = {position: (first, count) for position, first, count in con.execute(
        "select file_position, min(rowid), count(*) from typed group by 1").fetchall()}
    odd = [source for position, source in enumerate(batch)
           if found.get(position, (0, 0))[1] != source.line_count]
    kept = [(position, source.delivery_id, source.arrival.sender, found.get(position, (0, 0))[0])
            for position, source in enumerate(batch) if source not in odd]
    con.execute("create or replace temp table batch as select * from (values (null::integer, null::integer, "
                f"null::varchar, null::bigint), {', '.join(map(str, kept))}) "
                "v(file_position, delivery_id, sender_code, first_row) where delivery_id is not null")
    return odd


def _columns(batch: list[Source]) -> list[str]:
    return [f"c{index}" for index in range(len(batch[0].columns))]


def _land(con: duckdb.DuckDBPyConnection, contract: Contract, batch: list[Source],
          settings: Settings) -> None:
    staging = settings.lake_dir / "staging"
    shutil.rmtree(staging, ignore_errors=True)
    columns = ", ".join(f'"{name}"' for name in landed_columns(contract))
    quarantine = ", ".join(registers.QUARANTINE)
    _write_by_delivery(con, f"select {columns} from judged where mask = 0", staging / "accepted")
    _write_by_delivery(con, f"select {quarantine} from refusals order by all", staging / "quarantine")
    for source in batch:
        arrival, delivery_id = source.arrival, source.delivery_id
        _promote(con, staging / "accepted", delivery_id, lake.accepted_file(
            settings, contract.name, arrival.sender, arrival.period, delivery_id))
        _promote(con, staging / "quarantine", delivery_id, lake.quarantine_file(settings, delivery_id))
    shutil.rmtree(staging, ignore_errors=True)


def _write_by_delivery(con: duckdb.DuckDBPyConnection, relation_sql: str, folder: Path) -> None:
    folder.mkdir(parents=True)
    con.execute(f"copy ({relation_sql}) to {quote(folder)} (format parquet, compression zstd, "
                "partition_by (delivery_id), write_partition_columns true)")


def _promote(con: duckdb.DuckDBPyConnection, folder: Path, delivery_id: int, target: Path) -> None:
    """Put in place what was written for a delivery: nothing, one file, or several when memory was short."""
    parts = sorted((folder / f"delivery_id={delivery_id}").glob("*.parquet"))
    if len(parts) == 1:
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(parts[0], target)
    elif parts:
        together = f"read_parquet([{', '.join(map(quote, parts))}], hive_partitioning = false)"
        lake.write_parquet(con, f"from {together} order by line_number", target)
