"""The other possible answer of an estimator: no estimate, and the reason in French.

Here: one record, and what a table must hold before anything is estimated. Data that cannot carry an estimate are a
result, never a NaN; a call that cannot be right (missing column, unknown code, forbidden method) is a ``UserError``.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from tznr_platform.errors import UserError


@dataclass(frozen=True)
class NotEstimable:
    """What could not be estimated (``subject``: a benefit, a scale, a network) and why (French sentence)."""

    subject: str
    reason: str

    def __str__(self) -> str:
        return f"{self.subject} : non estimable, {self.reason}"


def require_columns(frame: pd.DataFrame, columns: tuple[str, ...], where: str) -> None:
    """Stop with a ``UserError`` naming the columns that ``frame`` lacks."""
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise UserError(f"Colonnes absentes : {', '.join(missing)}.", where=where,
                        why="l'estimation lit ces colonnes et aucune autre ne peut les remplacer",
                        remedy="fournir la table telle que la construit l'étape des indicateurs")


def require_numbers(frame: pd.DataFrame, columns: tuple[str, ...], where: str) -> None:
    """Stop with a ``UserError`` naming the columns of ``frame`` that hold something else than numbers (or nothing)."""
    words = [name for name in columns if not _holds_numbers(frame[name])]
    if words:
        raise UserError(f"Colonnes qui ne sont pas des nombres : {', '.join(words)}.", where=where,
                        why="l'estimation calcule avec ces colonnes", remedy="coder les modalités en 0 et 1")


def _holds_numbers(column: pd.Series) -> bool:
    if pd.api.types.is_numeric_dtype(column):
        return True
    try:
        column.astype("float64")
    except (ValueError, TypeError):
        return False
    return True
