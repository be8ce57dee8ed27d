"""A small synthetic inbox, and plain ways to read it that owe nothing to the room under test."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from tznr_platform.settings import Settings
from tznr_platform.storage.warehouse import connect
from tznr_platform.synthetic import generate

PERSONS, SEED, THROUGH = 300, 7, "2024-09"


@dataclass(frozen=True)
class Cohort:
    """An inbox and its answer key."""

    inbox: Path
    key: Path
    settings: Settings

    def answer(self, name: str) -> list[dict[str, str]]:
        with (self.key / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def sql(self, query: str) -> list[tuple]:
        """Rows of a query; ``{inbox}`` stands for the inbox."""
        with connect(None, settings=self.settings) as con:
            return con.execute(query.replace("{inbox}", str(self.inbox))).fetchall()


def write_cohort(
    root: Path, *, threads: int, persons: int = PERSONS, seed: int = SEED, through: str = THROUGH
) -> Cohort:
    settings = Settings(data_dir=root / "data", threads=threads)
    generate(
        root / "inbox",
        persons=persons,
        seed=seed,
        through=through,
        answer_key_dir=root / "key",
        settings=settings,
    )
    return Cohort(root / "inbox", root / "key", settings)
