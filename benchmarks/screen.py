"""Screen: how much of what names people is seen, how much of what names nobody is accused.

Here: precision and recall by kind on labelled cells, columns of names and of birth dates, and what happens to clean
deliveries. Not here: the cells (``screen_cells``).
"""

from __future__ import annotations

import random
import shutil
import time
from collections import Counter
from pathlib import Path

import duckdb
import pyarrow as pa

from benchmarks import screen_cells
from tznr_platform import intake
from tznr_platform.cli.init import prepare
from tznr_platform.privacy import screen_values
from tznr_platform.settings import load_settings

SCREEN_REASONS = ("NOMINATIVE_VALUE", "PSEUDONYM_SUSPECT")
CELLS, COLUMNS, COLUMN_ROWS, ALARM_TARGET = 3000, 200, 50, 0.001


def compare(inbox: Path, folder: Path) -> str:
    """The report: cells, then columns, then the deliveries of a synthetic inbox."""
    return "\n".join([*_on_cells(), *_on_columns(), *_on_deliveries(inbox, folder)])


def _kinds(texts: list[str]) -> list[int | None]:
    with duckdb.connect(config={"threads": load_settings().threads}) as con:
        con.register("labelled", pa.table({"place": range(len(texts)), "cell": texts}))
        query = screen_values.kinds_sql("select place, cell from labelled")
        found = dict(con.execute(f"select place, kind from ({query})").fetchall())
    return [found.get(place) for place in range(len(texts))]


def _on_cells() -> list[str]:
    labels, texts = zip(*screen_cells.cells(CELLS), strict=True)
    start = time.monotonic()
    names = ["nobody", *screen_values.KINDS]
    found = [names[rank] if rank and rank < screen_values.LONE else "nobody" for rank in _kinds(list(texts))]
    seconds = time.monotonic() - start
    pairs = list(zip(labels, found, strict=True))
    told, seen = Counter(found), Counter(labels)
    true = Counter(label for label, kind in pairs if label == kind)
    caught = Counter(label for label, kind in pairs if kind != "nobody")
    lines = [f"labelled cells           {len(texts):,} ({seen['nobody']:,} name nobody), "
             f"{seconds / len(texts) * 1e6:.0f} µs a cell"]
    for kind in screen_values.KINDS:
        lines.append(f"{kind:<24} precision {true[kind] / max(told[kind], 1):.3f}  recall {true[kind] / seen[kind]:.3f}"
                     f"  refused whatever the kind {caught[kind] / seen[kind]:.3f}")
    positive = sum(seen.values()) - seen["nobody"]
    refused = sum(count for label, count in caught.items() if label != "nobody")
    return [*lines, f"any kind                 precision {refused / (refused + caught['nobody']):.4f}  "
                    f"recall {refused / positive:.4f}  "
                    f"false alarms {caught['nobody'] / seen['nobody']:.4%} of harmless cells"]


def _on_columns() -> list[str]:
    """Columns that hold surnames, first names or birth dates alone, without a word about them."""
    seed = random.Random(2)
    makers = {
        "surnames": lambda person: person[0].title(), "first names": lambda person: person[1].title(),
        "birth dates": lambda _: _day(seed, 1940, 2006), "days of contact": lambda _: _day(seed, 2023, 2027),
        "harmless words": lambda _: seed.choice(("CAF", "MSA", "oui", "Accueil", "Téléphone", "marié", "Bourg"))}
    lines = []
    for name, make in makers.items():
        people = screen_cells.identities(COLUMNS * COLUMN_ROWS, seed)
        ranks = _kinds([make(person) for person in people])
        columns = [Counter(ranks[start:start + COLUMN_ROWS]) for start in range(0, len(ranks), COLUMN_ROWS)]
        refused = sum(bool(screen_values.told({rank: count for rank, count in column.items() if rank}, COLUMN_ROWS))
                      for column in columns)
        lines.append(f"columns of {name:<17} refused {refused} of {COLUMNS} ({COLUMN_ROWS} rows each)")
    return lines


def _day(seed: random.Random, first_year: int, end_year: int) -> str:
    return f"{seed.randrange(1, 29):02d}/{seed.randrange(1, 13):02d}/{seed.randrange(first_year, end_year)}"


def _on_deliveries(inbox: Path, folder: Path) -> list[str]:
    """Files of a synthetic inbox, none of which names anyone in a cell."""
    shutil.rmtree(folder, ignore_errors=True)
    settings = load_settings(data_dir=folder, inbox=inbox)
    prepare(settings)
    outcome = intake.run(settings)
    rows = outcome.accepted_rows + outcome.refused_rows
    accused = [delivery for delivery in outcome.deliveries if delivery.reason_code in SCREEN_REASONS]
    lines = sum(delivery_lines(inbox, delivery.file_name) for delivery in accused)
    shutil.rmtree(folder)
    return [f"clean deliveries         {len(accused)} of {len(outcome.deliveries):,} refused by the screen, "
            f"{lines / (rows + lines):.4%} of {rows + lines:,} rows (target < {ALARM_TARGET:.1%})"]


def delivery_lines(inbox: Path, name: str) -> int:
    """Lines of a file of the inbox, as its bytes tell."""
    return (inbox / name).read_bytes().count(b"\n")
