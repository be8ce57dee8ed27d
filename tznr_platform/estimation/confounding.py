"""How strong an unmeasured confounder would have to be to explain an effect away.

Here: the E-value (VanderWeele and Ding 2017, Annals of Internal Medicine 167-4) and the proportional selection of Oster
(2019, Journal of Business and Economic Statistics 37-2). Not here: what the data themselves show (``balance``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from tznr_platform.errors import UserError
from tznr_platform.estimation.design import load_design
from tznr_platform.estimation.verdict import NotEstimable
from tznr_platform.french import number


@dataclass(frozen=True)
class EValue:
    """Least association, as a risk ratio with both contact and outcome, that would explain the estimate away.

    ``limit``: the same for the bound of the interval nearer to 1; 1 when the interval holds 1.
    """

    point: float
    limit: float | None

    def to_frame(self) -> pd.DataFrame:
        return pd.DataFrame([vars(self)])

    def explain(self) -> str:
        """One French sentence for the reader."""
        return ("Pour expliquer à lui seul cet effet, un facteur non mesuré devrait multiplier par "
                f"{number(self.point, 2)} à la fois la chance d'être rencontré et celle d'ouvrir le droit.")


@dataclass(frozen=True)
class Selection:
    """Oster's delta: how many times the selection on what is observed the selection on the rest would have to be, for
    the effect to be nothing, if everything explained ``largest_r2`` of the outcome.
    """

    delta: float
    largest_r2: float
    uncontrolled: float
    controlled: float

    def to_frame(self) -> pd.DataFrame:
        return pd.DataFrame([vars(self)])

    def explain(self) -> str:
        """One French sentence for the reader."""
        return (f"Pour annuler l'effet, la sélection non observée devrait peser {number(self.delta, 2)} fois celle qui "
                f"est observée (R² maximal supposé : {number(self.largest_r2, 2)}).")


def e_value(risk_ratio: float, low: float | None = None, high: float | None = None) -> EValue:
    """E-value of a risk ratio and of the limits of its interval; ``UserError`` unless all are positive and ordered."""
    if not 0 < risk_ratio < np.inf or (low is not None and not 0 < low <= risk_ratio) or (
            high is not None and not high >= risk_ratio):
        raise UserError("Rapport de risques impossible.", where="valeur E",
                        why="un rapport est positif et se trouve dans son intervalle", remedy="vérifier l'estimation")
    nearer = low if risk_ratio >= 1 else high
    if nearer is None:
        return EValue(_e(risk_ratio), None)
    crosses = (nearer <= 1) if risk_ratio >= 1 else (nearer >= 1)
    return EValue(_e(risk_ratio), 1.0 if crosses else _e(nearer))


def risk_ratio_of_difference(open_share: float, counterfactual_share: float) -> float:
    """Risk ratio of two shares; ``UserError`` when the second is zero."""
    if not 0 < counterfactual_share <= 1 or not 0 <= open_share <= 1:
        raise UserError("Rapport de risques impossible.", where="valeur E", why="une part est nulle ou hors de 0 à 1",
                        remedy="donner la différence sans valeur E")
    return open_share / counterfactual_share


def proportional_selection(outcome: np.ndarray, treated: np.ndarray, covariates: np.ndarray,
                           weights: np.ndarray | None = None, *,
                           factor: float | None = None) -> Selection | NotEstimable:
    """Delta at which the effect is zero, with R² of at most ``factor`` times the controlled one (design: 1.3).

    Arrays of n, ``covariates`` n x k; weights of rows if they stand for several units. Closed form of Oster (2019), her
    proposition 2 with beta = 0, as her ``psacalc`` computes it.
    """
    if factor is not None and not factor > 0:
        raise UserError("R² maximal impossible.", where="sélection proportionnelle", why="son facteur est positif",
                        remedy="garder celui du protocole")
    weights = np.ones(len(outcome)) if weights is None else np.asarray(weights, np.float64)
    outcome, treated = (np.asarray(part, np.float64) for part in (outcome, treated))
    ones = np.ones((len(outcome), 1))
    full = np.column_stack([ones, treated, np.asarray(covariates, np.float64)])
    if not (np.isfinite(full).all() and np.isfinite(outcome).all()) or (outcome == outcome[:1]).all():
        return NotEstimable("sélection proportionnelle", "une valeur manque, ou le résultat a partout la même valeur")
    if not len(outcome) or np.linalg.matrix_rank(full * np.sqrt(weights)[:, None]) < full.shape[1]:
        return NotEstimable("sélection proportionnelle", "les covariables sont colinéaires ou absentes")
    short, _, short_r2 = _fit(full[:, :2], outcome, weights)
    long, _, long_r2 = _fit(full, outcome, weights)
    _, rest, _ = _fit(np.delete(full, 1, axis=1), treated, weights)
    spread_y, spread_x, tau = (_variance(part, weights) for part in (outcome, treated, rest))
    largest = min((load_design().rules.oster_r2_factor if factor is None else factor) * long_r2, 1.0)
    gap, rise, effect = short[1] - long[1], long_r2 - short_r2, long[1]
    top = effect * rise * spread_y * tau + effect * spread_x * tau * gap**2 + 2 * effect**2 * tau * gap * spread_x
    top += effect**3 * (tau * spread_x - tau**2)
    bottom = (largest - long_r2) * spread_y * (gap * spread_x + effect * (spread_x - tau))
    bottom += effect**2 * tau * gap * spread_x + effect**3 * (tau * spread_x - tau**2)
    if not abs(bottom) > 0:
        return NotEstimable("sélection proportionnelle", "les covariables n'expliquent ni l'effet ni le résultat")
    return Selection(float(top / bottom), float(largest), float(short[1]), float(long[1]))


def _fit(design: np.ndarray, outcome: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Weighted least squares: coefficients, residuals, R²."""
    scale = np.sqrt(weights)
    found = np.linalg.lstsq(design * scale[:, None], outcome * scale, rcond=None)[0]
    rest = outcome - design @ found
    return found, rest, 1 - _variance(rest, weights) / _variance(outcome, weights)


def _variance(values: np.ndarray, weights: np.ndarray) -> float:
    mean = weights @ values / weights.sum()
    return float(weights @ (values - mean) ** 2 / weights.sum())


def _e(ratio: float) -> float:
    above = max(ratio, 1 / ratio)
    return float(above + np.sqrt(above * (above - 1)))
