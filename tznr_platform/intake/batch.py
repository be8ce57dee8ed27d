"""Many files of one table at once: one read, one judgement, one write.

Here: files of the same columns and separator go together through DuckDB, data files land before the
register tells of them. Not here: preparing an odd file (``normalise``), the rules (``rules``, ``judge``).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from tznr_platform.intake import screening
from tznr_platform.intake.judge import find_repeated, identify, judge, spell_out_refusals
from tznr_platform.intake.prepare import Source
from tznr_platform.intake.reading import ASIDE, RAGGED
from tznr_platform.intake.rules import RowRules
from tznr_platform.privacy import persons
from tznr_platform.privacy.pseudonym import AnalysisKey
from tznr_platform.settings import Settings
from tznr_platform.storage import lake, registers
from tznr_platform.storage.lake import quote
from tznr_platform.storage.schema import landed_columns

if TYPE_CHECKING:
    from tznr_platform.contracts import Contract

BATCH_BYTES, BATCH_FILES = 400 << 20, 400
DIGESTS = ("hash", "md5_number_lower", "md5_number_upper")
COUNTS = """
create or replace temp table counts as
select delivery_id, coalesce(read, 0) - coalesce(refused, 0) as accepted, coalesce(refused, 0) as refused
from batch
left join (select file_position, count(*) as read from typed where mask >= 0 group by 1) using (file_position)
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


@dataclass(frozen=True)
class Left:
    """What a batch left out: the sources that turned out odd, and reason and detail of those refused whole."""

    odd: list[Source]
    refused: dict[int, screening.Reason]


def process(con: duckdb.DuckDBPyConnection, contract: Contract, batch: list[Source], key: AnalysisKey,
            settings: Settings, *, folder: Path, is_trial: bool) -> Left:
    """Read, screen, judge and write a batch; returns what was left out of it, of which nothing is kept.

    Rows wait in ``folder`` until they are judged. In a trial, at a sender, no list of persons is known: all those of
    the files are presumed to be on it.

    Leaves the temporary tables ``counts`` (delivery_id, accepted, refused) and ``refusals`` for the register
    and the receipts. Raises ``UserError`` STORAGE on a full disk, nothing of the batch being in the register.
    """
    with lake.storage_errors(settings.lake_dir):
        rows = folder / "rows.parquet"
        rules, first_places, odd = _read(con, contract, batch, key, rows)
        find_repeated(con, contract)
        refused = {position: reason for position, reason in screening.refusals(con, rules, batch).items()
                   if position not in odd}
        kept = {position: source for position, source in enumerate(batch) if position not in odd | refused.keys()}
        _keep(con, kept, first_places)
        _view_typed(con, rows, refused)
        if is_trial and contract.person_field:
            persons.declare(con, key, settings, "select pseudonym from identified")
        judge(con, rules, key, settings)
        _land(con, rules, list(kept.values()), settings)
        rows.unlink()
    return Left([batch[position] for position in odd],
                {batch[position].delivery_id: reason for position, reason in refused.items()})


def _read(con: duckdb.DuckDBPyConnection, contract: Contract, batch: list[Source], key: AnalysisKey,
          rows: Path) -> tuple[RowRules, dict[int, int], set[int]]:
    """Create ``lines``, the files as they are, ``typed``, their rows in ``rows``, and ``identified``, their persons.

    A row holds a number in place of its identifier; a digest that gives two identifiers one number is not used.
    Returns the rules, the place of the first row of each file, the files that do not have the rows expected.
    """
    is_clean, names = batch[0].is_clean, _columns(batch)
    described = ", ".join(f"'{name}': 'VARCHAR'" for name in names)
    paths = ", ".join(quote(source.path) for source in batch)
    con.execute("create or replace temp view lines as select file_index::integer as file_position, "
                f"{', '.join(names)} from read_csv([{paths}], columns = {{{described}}}, header = {not is_clean}, "
                f"delim = {quote(batch[0].delimiter)}, quote = '\"', escape = '\"', auto_detect = false, "
                "ignore_errors = true)")
    for digest in DIGESTS:
        rules = RowRules(contract, batch[0].columns, digest, is_clean=is_clean)
        _write_typed(con, rules, names, rows, is_clean=is_clean)
        found = {position: (first, count) for position, first, count in con.execute(
            "select file_position, min(place), count(*) from typed group by 1").fetchall()}
        odd = {position for position, source in enumerate(batch)
               if found.get(position, (0, 0))[1] != source.line_count}
        if identify(con, rules, key, is_in_step=not odd and len(batch) == 1):
            return rules, {position: first for position, (first, _) in found.items()}, odd
    raise ValueError("no digest tells the identifiers of a batch apart")


def _columns(batch: list[Source]) -> list[str]:
    columns = [f"c{index}" for index in range(len(batch[0].columns))]
    return ["line", "part", *columns, "rest"] if batch[0].is_clean else columns


def _write_typed(con: duckdb.DuckDBPyConnection, rules: RowRules, names: list[str], rows: Path, *,
                 is_clean: bool) -> None:
    """Write the typed columns of ``lines`` with what is wrong with each row, in the order of the files.

    They wait on disk, not in memory: it takes less time, and no memory.
    """
    mask, line = rules.mask_sql, ""
    if is_clean:
        line, mask = "line::integer as sent_line, ", (f"case part when '{RAGGED}' then {rules.ragged_bit} "
                                                      f"when '{ASIDE}' then -1 else {mask} end")
    con.execute(f"copy (select * exclude ({', '.join(names)}), {rules.unsure_sql} as unsure from (select *, "
                f"{mask} as mask from (select {line}*, {rules.typed_sql} from lines))) to {quote(rows)} "
                "(format parquet, compression uncompressed)")
    _view_typed(con, rows)


def _view_typed(con: duckdb.DuckDBPyConnection, rows: Path, without: Collection[int] = ()) -> None:
    """Create ``typed`` over the rows that wait, ``place`` being their rank, but those of some files."""
    which = f"where file_position not in ({', '.join(map(str, without))})" if without else ""
    con.execute("create or replace temp view typed as select * rename (file_row_number as place) "
                f"from read_parquet({quote(rows)}, file_row_number = true) {which}")


def _keep(con: duckdb.DuckDBPyConnection, kept: dict[int, Source], first_places: dict[int, int]) -> None:
    """Create ``batch``, the files to judge: neither those refused nor the odd ones.

    The rows of an odd file stay in ``typed``: it is read again, but who objects in it objects already.
    """
    rows = [(position, source.delivery_id, source.arrival.sender, first_places[position])
            for position, source in kept.items()]
    con.execute("create or replace temp table batch as select * from (values (null::integer, null::integer, "
                f"null::varchar, null::bigint){''.join(f', {row}' for row in rows)}) "
                "v(file_position, delivery_id, sender_code, first_place) where delivery_id is not null")


def _land(con: duckdb.DuckDBPyConnection, rules: RowRules, batch: list[Source], settings: Settings) -> None:
    staging = settings.lake_dir / "staging"
    shutil.rmtree(staging, ignore_errors=True)
    columns = ", ".join(f'"{name}"' for name in landed_columns(rules.contract))
    accepted = _write_by_delivery(con, f"select {columns} from accepted", staging / "accepted", batch)
    spell_out_refusals(con, rules, accepted)
    con.execute(COUNTS)
    quarantine = ", ".join(registers.QUARANTINE)
    _write_by_delivery(con, f"select {quarantine} from refusals order by all", staging / "quarantine", batch)
    for source in batch:
        arrival, delivery_id = source.arrival, source.delivery_id
        _promote(con, staging / "accepted", delivery_id, lake.accepted_file(
            settings, rules.contract.name, arrival.sender, arrival.period, delivery_id))
        _promote(con, staging / "quarantine", delivery_id, lake.quarantine_file(settings, delivery_id))
    shutil.rmtree(staging, ignore_errors=True)


def _write_by_delivery(con: duckdb.DuckDBPyConnection, relation_sql: str, folder: Path, batch: list[Source]) -> int:
    """Parquet files of a query, a folder a delivery; one delivery alone is written straight away. Returns the rows."""
    folder.mkdir(parents=True)
    if len(batch) != 1:
        return con.execute(f"copy ({relation_sql}) to {quote(folder)} ({lake.PARQUET}, "
                           "partition_by (delivery_id), write_partition_columns true)").fetchone()[0]
    path = folder / f"delivery_id={batch[0].delivery_id}" / "rows.parquet"
    count = lake.write_parquet(con, relation_sql, path)
    if not count:
        path.unlink()
    return count


def _promote(con: duckdb.DuckDBPyConnection, folder: Path, delivery_id: int, target: Path) -> None:
    """Put in place what was written for a delivery: nothing, one file, or several when memory was short."""
    parts = sorted((folder / f"delivery_id={delivery_id}").glob("*.parquet"))
    if len(parts) == 1:
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(parts[0], target)
    elif parts:
        together = f"read_parquet([{', '.join(map(quote, parts))}], hive_partitioning = false)"
        lake.write_parquet(con, f"from {together} order by line_number", target)
