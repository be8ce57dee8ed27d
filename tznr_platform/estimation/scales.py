"""Reliability of the scales of skills and trust.

Here: Cronbach's alpha, raw and standardised, and item-rest correlations, from a covariance matrix (which
DuckDB can compute) or from items. Not here: scores and their change (``mart_scales``), the instruments
(``contracts``).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from tznr_platform.errors import UserError
from tznr_platform.estimation.design import Design, ScaleBands, load_design
from tznr_platform.estimation.verdict import NotEstimable, require_columns

BANDS = {
    "acceptable": "fiabilité suffisante pour un score",
    "warning": "fiabilité faible : score à lire avec prudence",
    "items_only": "fiabilité insuffisante : résultats par item seulement",
}


@dataclass(frozen=True)
class Reliability:
    """Reliability of one scale; ``item_rest`` follows ``items``; ``band_code`` is a key of ``BANDS``."""

    scale_code: str
    items: tuple[str, ...]
    respondent_count: int
    alpha_raw: float
    alpha_standardised: float
    item_rest: tuple[float, ...]
    band_code: str
    design_sha256: str

    def to_frame(self) -> pd.DataFrame:
        """One row per item, the values of the scale repeated."""
        return pd.DataFrame({
            "scale_code": self.scale_code, "item_code": self.items, "item_rest_correlation": self.item_rest,
            "respondent_count": self.respondent_count, "alpha_raw": self.alpha_raw,
            "alpha_standardised": self.alpha_standardised, "band_code": self.band_code,
            "design_sha256": self.design_sha256})


def reliability_from_covariance(scale_code: str, items: Sequence[str], covariance: np.ndarray,
                                respondent_count: int, *, correlation: np.ndarray | None = None,
                                reversed_items: Collection[str] = (),
                                design: Design | None = None) -> Reliability | NotEstimable:
    """Alpha and item-rest correlations of k items from their k x k covariance matrix.

    ``correlation``: only where it is not that of ``covariance`` (pairs with different respondents). Reversed
    items change sign, which is what recoding (min + max - answer) does to both. Not estimable: fewer than two
    items or respondents, a missing covariance, an item or a rest that does not vary. Raises ``UserError`` for
    a matrix of another shape, a reversed item that is not an item. Source: Cronbach (1951), ``psych::alpha``.
    """
    design = design or load_design()
    matrix = np.asarray(covariance, dtype=float)
    _require_matching(scale_code, items, matrix, reversed_items)
    sign = np.where([item in reversed_items for item in items], -1.0, 1.0)
    turned = np.outer(sign, sign)
    reason = _refusal_reason(matrix * turned, respondent_count)
    if reason:
        return NotEstimable(scale_code, reason)
    deviation = np.sqrt(np.diag(matrix))
    pairs = matrix / np.outer(deviation, deviation) if correlation is None else np.asarray(correlation)
    reason = _refusal_reason(pairs * turned, respondent_count)
    if reason:
        return NotEstimable(scale_code, reason)
    alpha = _alpha(matrix * turned)
    return Reliability(scale_code, tuple(items), respondent_count, alpha, _alpha(pairs * turned),
                       _item_rest(matrix * turned), _band(alpha, design.scale_bands), design.sha256)


def reliability_from_items(scale_code: str, answers: pd.DataFrame, items: Sequence[str], *,
                           missing: Literal["pairwise", "listwise"], reversed_items: Collection[str] = (),
                           design: Design | None = None) -> Reliability | NotEstimable:
    """The same from a frame with one column per item, in float64 whatever its types (int8, float32...).

    ``missing`` says what an empty answer removes: the pair of items or the respondent. ``respondent_count``
    counts complete respondents (listwise) or those with at least one answer (pairwise).
    """
    require_columns(answers, tuple(items), scale_code)
    if missing not in ("pairwise", "listwise"):
        raise UserError(f"Traitement des réponses vides inconnu : {missing}.", where=scale_code,
                        why="l'alpha change avec ce choix", remedy="choisir « pairwise » ou « listwise »")
    values = answers[list(items)].astype("float64")
    values = values.dropna(how="any" if missing == "listwise" else "all")
    return reliability_from_covariance(scale_code, items, values.cov().to_numpy(), len(values),
                                       correlation=values.corr().to_numpy(), reversed_items=reversed_items,
                                       design=design)


def _require_matching(scale_code: str, items: Sequence[str], matrix: np.ndarray,
                      reversed_items: Collection[str]) -> None:
    unknown = sorted(set(reversed_items) - set(items))
    if matrix.shape != (len(items), len(items)) or unknown:
        raise UserError("La matrice de covariance et les items ne se correspondent pas.", where=scale_code,
                        why=f"items inversés inconnus : {', '.join(unknown)}" if unknown
                        else f"{len(items)} items, matrice {' × '.join(map(str, matrix.shape))}",
                        remedy="donner une ligne et une colonne par item, dans l'ordre des items")


def _refusal_reason(matrix: np.ndarray, respondent_count: int) -> str | None:
    refusals = {
        "une échelle a au moins deux items.": len(matrix) < 2,
        "moins de deux personnes ont répondu.": respondent_count < 2,
        "deux items n'ont pas de répondants en commun.": not np.isfinite(matrix).all(),
        "la matrice de covariance n'est pas symétrique.": not np.allclose(matrix, matrix.T, equal_nan=True),
        "un item a toujours la même réponse.": (np.diag(matrix) <= 0).any(),
        "la somme des items ne varie pas.": matrix.sum() <= 0 or (_rest_variance(matrix) <= 0).any(),
    }
    return next((reason for reason, holds in refusals.items() if holds), None)


def _alpha(matrix: np.ndarray) -> float:
    """Raw alpha of a covariance matrix, standardised alpha of a correlation matrix."""
    k = len(matrix)
    return float(k / (k - 1) * (1 - np.trace(matrix) / matrix.sum()))


def _item_rest(matrix: np.ndarray) -> tuple[float, ...]:
    own = np.diag(matrix)
    return tuple(map(float, (matrix.sum(axis=1) - own) / np.sqrt(own * _rest_variance(matrix))))


def _rest_variance(matrix: np.ndarray) -> np.ndarray:
    """Variance of the sum of the other items, for each item."""
    return matrix.sum() - 2 * matrix.sum(axis=1) + np.diag(matrix)


def _band(alpha: float, bands: ScaleBands) -> str:
    if alpha < bands.items_only_below:
        return "items_only"
    return "warning" if alpha < bands.warning_below else "acceptable"
