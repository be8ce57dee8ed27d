"""Reliability of the scales of skills and trust.

Here: Cronbach's alpha, raw and standardised, McDonald's omega, item-rest correlations, floor and ceiling, with their
intervals and the band they allow, from a covariance matrix (which DuckDB can compute) or from items. Not here: scores
(``mart_scales``), their comparability (``invariance``) and change (``change``), the instruments (``contracts``).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from tznr_platform import french
from tznr_platform.errors import UserError
from tznr_platform.estimation.design import Design, ScaleBands, load_design
from tznr_platform.estimation.interval_chart import interval_chart
from tznr_platform.estimation.one_factor import omega_total
from tznr_platform.estimation.resampling import covariance_draws
from tznr_platform.estimation.verdict import NotEstimable, require_columns, require_numbers

if TYPE_CHECKING:
    import altair as alt

DRAWS, SEED = 1000, 20260701
Interval = tuple[float, float]
BANDS = {
    "acceptable": "fiabilité suffisante pour un score",
    "warning": "fiabilité faible : score à lire avec prudence",
    "items_only": "fiabilité insuffisante : résultats par item seulement",
}


@dataclass(frozen=True)
class Reliability:
    """Reliability of one scale; ``item_rest`` follows ``items``; ``band_code`` is a key of ``BANDS``.

    ``omega_total`` is None with two items, or where one factor does not fit. Intervals at 95 %: bootstrap of
    respondents when the answers are known, else Feldt's for alpha. ``floor_share``, ``ceiling_share``: respondents
    whose every answer is the lowest, the highest; known with the answers and the bounds of the scale.
    """

    scale_code: str
    items: tuple[str, ...]
    respondent_count: int
    alpha_raw: float
    alpha_standardised: float
    omega_total: float | None
    item_rest: tuple[float, ...]
    band_code: str
    design_sha256: str
    alpha_interval: Interval
    omega_interval: Interval | None = None
    floor_share: float | None = None
    ceiling_share: float | None = None

    @property
    def allows_score(self) -> bool:
        """Whether a score of this scale may be reported at all; if not, items only."""
        return self.band_code != "items_only"

    def to_frame(self) -> pd.DataFrame:
        """One row per item, the values of the scale repeated; what is not known is empty (NA)."""
        omega_low, omega_high = self.omega_interval or (None, None)
        known = {"omega_total": self.omega_total, "omega_low": omega_low, "omega_high": omega_high,
                 "floor_share": self.floor_share, "ceiling_share": self.ceiling_share}
        frame = pd.DataFrame({
            "scale_code": self.scale_code, "item_code": self.items, "item_rest_correlation": self.item_rest,
            "respondent_count": self.respondent_count, "alpha_raw": self.alpha_raw,
            "alpha_low": self.alpha_interval[0], "alpha_high": self.alpha_interval[1],
            "alpha_standardised": self.alpha_standardised})
        for name, value in known.items():
            frame[name] = pd.array([value] * len(frame), dtype="Float64")
        return frame.assign(band_code=self.band_code, design_sha256=self.design_sha256)

    def plot(self) -> alt.Chart:
        """Alpha and omega with their intervals, against the limit under which only items are reported."""
        rows = [("alpha de Cronbach", self.alpha_raw, *self.alpha_interval)]
        if self.omega_total is not None:
            rows.append(("oméga de McDonald", self.omega_total, *(self.omega_interval or [self.omega_total] * 2)))
        return interval_chart(pd.DataFrame(rows, columns=["indice", "value", "low", "high"]), label="indice",
                              value="value", low="low", high="high", title=f"Fiabilité de {self.scale_code}",
                              axis="Fiabilité", nothing=load_design().scale_bands.items_only_below)

    def explain(self) -> str:
        """The verdict on the scale, in French."""
        omega = "" if self.omega_total is None else f", oméga {french.number(self.omega_total, 2)}"
        return (f"{self.scale_code} : {BANDS[self.band_code]} (alpha {french.number(self.alpha_raw, 2)}, de "
                f"{french.number(self.alpha_interval[0], 2)} à {french.number(self.alpha_interval[1], 2)}{omega} ; "
                f"{french.count(self.respondent_count, 'répondant')}).")


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
    alpha, omega = float(_alpha(matrix * turned)), float(omega_total(matrix * turned))
    found = None if np.isnan(omega) else omega
    return Reliability(scale_code, tuple(items), respondent_count, alpha, float(_alpha(pairs * turned)), found,
                       _item_rest(matrix * turned), _band(alpha, found, design.scale_bands), design.sha256,
                       feldt_interval(alpha, respondent_count, len(items)))


@threadpool_limits.wrap(limits=1)
def reliability_from_items(scale_code: str, answers: pd.DataFrame, items: Sequence[str], *,
                           missing: Literal["pairwise", "listwise"], reversed_items: Collection[str] = (),
                           bounds: tuple[float, float] | None = None, draws: int = DRAWS, seed: int = SEED,
                           design: Design | None = None) -> Reliability | NotEstimable:
    """The same from a frame with one column per item, in float64 whatever its types (int8, float32...).

    ``missing`` says what an empty answer removes: the pair of items or the respondent. ``respondent_count``
    counts complete respondents (listwise) or those with at least one answer (pairwise). ``bounds``: lowest and highest
    answer of the instrument. ``draws``: bootstrap samples of respondents, the same with the same ``seed``.
    """
    require_columns(answers, tuple(items), scale_code)
    require_numbers(answers, tuple(items), scale_code)
    if len(set(items)) < len(items) or draws < 1 or (bounds is not None and not bounds[0] < bounds[1]):
        raise UserError("Échelle mal décrite.", where=scale_code, remedy="corriger l'appel",
                        why="un item est nommé deux fois, ou les tirages ou les bornes ne conviennent pas")
    if missing not in ("pairwise", "listwise"):
        raise UserError(f"Traitement des réponses vides inconnu : {missing}.", where=scale_code,
                        why="l'alpha change avec ce choix", remedy="choisir « pairwise » ou « listwise »")
    values = answers[list(items)].astype("float64")
    values = values.dropna(how="any" if missing == "listwise" else "all")
    if len(values) < 2 or np.isinf(values.to_numpy()).any():
        return NotEstimable(scale_code, "moins de deux personnes ont répondu, ou une réponse est infinie.")
    result = reliability_from_covariance(scale_code, items, values.cov().to_numpy(), len(values),
                                         correlation=values.corr().to_numpy(), reversed_items=reversed_items,
                                         design=design)
    if isinstance(result, NotEstimable):
        return result
    sign = np.where([item in reversed_items for item in items], -1.0, 1.0)
    drawn = covariance_draws(values.to_numpy(), draws, seed) * np.outer(sign, sign)
    with np.errstate(divide="ignore", invalid="ignore"):
        alpha_interval = _percentiles(_alpha(drawn))
    omega_interval = None if result.omega_total is None else _percentiles(omega_total(drawn))
    floor, ceiling = _extremes(values.to_numpy(), sign, bounds)
    return replace(result, alpha_interval=alpha_interval or result.alpha_interval, omega_interval=omega_interval,
                   floor_share=floor, ceiling_share=ceiling)


def feldt_interval(alpha: float, respondent_count: int, item_count: int) -> Interval:
    """95 % interval of alpha from the F law (Feldt 1965), for items that are normal with equal covariances."""
    from scipy.stats import f

    law = f(respondent_count - 1, (respondent_count - 1) * (item_count - 1))
    return float(1 - (1 - alpha) * law.ppf(0.975)), float(1 - (1 - alpha) * law.ppf(0.025))


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


def _alpha(matrix: np.ndarray) -> np.ndarray:
    """Raw alpha of covariance matrices (... x k x k), standardised alpha of correlation matrices."""
    k = matrix.shape[-1]
    return k / (k - 1) * (1 - np.trace(matrix, axis1=-2, axis2=-1) / matrix.sum(axis=(-2, -1)))


def _percentiles(drawn: np.ndarray) -> Interval | None:
    """Percentile interval of the draws that have a value; None when one draw in twenty has none."""
    known = drawn[np.isfinite(drawn)]
    if len(known) < 0.95 * len(drawn) or not len(known):
        return None
    low, high = np.percentile(known, [2.5, 97.5])
    return float(low), float(high)


def _extremes(values: np.ndarray, sign: np.ndarray, bounds: tuple[float, float] | None) -> tuple[float | None, ...]:
    if bounds is None:
        return None, None
    lowest, highest = np.where(sign > 0, bounds[0], bounds[1]), np.where(sign > 0, bounds[1], bounds[0])
    empty = np.isnan(values)
    return tuple(float((empty | (values == edge)).all(axis=1).mean()) for edge in (lowest, highest))


def _item_rest(matrix: np.ndarray) -> tuple[float, ...]:
    own = np.diag(matrix)
    return tuple(map(float, (matrix.sum(axis=1) - own) / np.sqrt(own * _rest_variance(matrix))))


def _rest_variance(matrix: np.ndarray) -> np.ndarray:
    """Variance of the sum of the other items, for each item."""
    return matrix.sum() - 2 * matrix.sum(axis=1) + np.diag(matrix)


def _band(alpha: float, omega: float | None, bands: ScaleBands) -> str:
    """The band of the lower of the two: methods 4.3 says alpha or omega."""
    lower = alpha if omega is None else min(alpha, omega)
    if lower < bands.items_only_below:
        return "items_only"
    return "warning" if lower < bands.warning_below else "acceptable"
