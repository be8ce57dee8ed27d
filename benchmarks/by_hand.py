"""The rival of the pipeline: one DuckDB script, one process, no platform around it.

It reads the same files (grouped by what their header line shows), judges rows by the same contracts, keeps the
latest versions, gives persons an integer, writes typed tables into one DuckDB file and runs the same compiled mart
SQL in order of dependency. Its own: all SQL of reading and judging. Taken from the platform: the contracts, the
grammar of file names, the lexicon of nominative headers, the compiled SQL. Left out: receipts, lineage, the lake,
the keyed second pass, spellings no sender uses, the tests of dbt.

Usage: ``python -m benchmarks.by_hand INBOX OUT MANIFEST`` (OUT: a new folder for ``working.duckdb``).
"""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks import by_hand_files, by_hand_rows
from benchmarks.by_hand_marts import build_models, load_references
from tznr_platform import contracts
from tznr_platform.settings import Settings, load_settings
from tznr_platform.storage import connect, theoretical


def main(inbox: Path, out: Path, manifest: Path) -> None:
    """Files to marts, in ``out/working.duckdb``."""
    run(load_settings(data_dir=out, inbox=inbox), manifest)


def run(settings: Settings, manifest: Path) -> Path:
    """The whole script within the memory and threads of ``settings``; returns the DuckDB file."""
    target = settings.root / "working.duckdb"
    with connect(target, settings=settings) as con:
        con.execute("create schema loaded; create schema accepted; create schema intake; create schema reference")
        con.execute("create schema entitlements; "
                    f"create table entitlements.theoretical as {theoretical.theoretical(settings)}")
        load_references(con)
        files = by_hand_files.look(settings.inbox_dir, settings.root / "sheets")
        by_hand_rows.prepare(con)
        for contract in contracts.contracts().values():
            by_hand_rows.load(con, contract, [file for file in files if file.table == contract.name])
        by_hand_rows.register(con, files)
        build_models(con, manifest)
    return target


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
