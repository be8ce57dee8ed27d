"""The disclosed numbers, at hand for a page: each shown with its id, so that `tznr explain` can be asked
about it.

Here: reading a number as text or as a value, listing the keys of a table. Not here: which numbers a section
shows.
"""

from __future__ import annotations

import json

import pandas as pd
from markupsafe import Markup, escape

from tznr_platform import disclosure, french
from tznr_platform.disclosure.registry import NATION, NO_CODE, tables
from tznr_platform.reporting.labels import codes

DECIMALS = {"ETP": 1, "points": 2, "jours": 0, "indice": 2, "mois de droit": 2}


class Book:
    """Numbers by id. A cell for which nothing was received is shown as a dash, never as zero."""

    def __init__(self, numbers: pd.DataFrame) -> None:
        self._rows = numbers[
            ["value", "unit_code", "status_code", "label_fr", "note_fr", "table_id", "dimensions"]
        ].to_dict("index")
        self._masked = disclosure.load_policy().masked_label

    def value(self, number_id: str) -> float | None:
        """The published value, or None."""
        row = self._rows.get(number_id)
        return row["value"] if row and row["status_code"] == disclosure.PUBLISHED else None

    def is_unavailable(self, number_id: str) -> bool:
        """Whether no data received give this number; a masked number is something else."""
        row = self._rows.get(number_id)
        return bool(row) and row["status_code"] == disclosure.UNAVAILABLE

    def note(self, number_id: str) -> str:
        """The words that stand beside a number, or for it; empty when there is none."""
        row = self._rows.get(number_id)
        return row["note_fr"] if row and isinstance(row["note_fr"], str) else ""

    def show(self, number_id: str) -> Markup:
        """The number as HTML: its text, its id, and a word of its own when it is masked or not available."""
        row = self._rows.get(number_id)
        if row is None:
            return Markup('<span class="none" title="aucun cas reçu">–</span>')
        if row["status_code"] == disclosure.UNAVAILABLE:
            return Markup(
                '<span class="none" data-number="{0}" title="non disponible · {0}">n.{1}d.</span>'
            ).format(number_id, french.HARD)
        if row["status_code"] == disclosure.MASKED:
            return Markup('<span class="masked" data-number="{0}" title="{0}">{1}</span>').format(
                number_id, self._masked
            )
        return Markup('<data data-number="{0}" value="{1:g}" title="{2} · {0}">{3}</data>').format(
            number_id, row["value"], row["label_fr"], self._text(row["value"], row["unit_code"]))

    def keys(
        self, table_id: str, *dimensions: str, where: dict[str, str] | None = None
    ) -> list[tuple[str, ...]]:
        """The distinct codes of some dimensions of a table, in the order of their lists."""
        names = dimensions or tables()[table_id].dimensions
        found = {tuple(cell[name] for name in names) for cell in self._cells(table_id)
                 if all(cell[name] == value for name, value in (where or {}).items())}
        return sorted(
            found, key=lambda key: [_rank(name, code) for name, code in zip(names, key, strict=True)]
        )

    def _cells(self, table_id: str):
        texts = {row["dimensions"] for row in self._rows.values() if row["table_id"] == table_id}
        return [{name: NO_CODE if code is None else str(code) for name, code in json.loads(text).items()}
                for text in sorted(texts)]

    @staticmethod
    def _text(value: float, unit: str) -> Markup:
        if unit in ("part", "part arrondie"):
            return escape(french.share(value, 1 if unit == "part" else 0))
        if unit == "écart":
            return escape(french.points(value).removesuffix(f"{french.HARD}points"))
        if unit == "année":
            return escape(f"{value:.0f}")
        if unit == "mois_civil":
            return escape(french.month(int(value)))
        return escape(french.number(value, DECIMALS.get(unit, 0)))


def number_id(table_id: str, measure: str, *dimensions: str) -> str:
    """The national number of a cell: ``<table>.<measure>.<dimensions>.FR``."""
    return ".".join([table_id, measure, *dimensions, NATION])


def _rank(name: str, code: str) -> tuple[int, int, str]:
    order = codes(name)
    place = order.index(code) if code in order else len(order)
    return (place, int(code) if code.isdigit() else 0, code)
