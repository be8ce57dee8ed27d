"""The path before contact: what its test sees, and above all what it would not see.

Here: the joint test, the usual test (any month significant), their power against a linear difference in trends, the
slope that they miss half of the time and what it would do to the effect. Source: Roth (2022, American Economic Review:
Insights 4-3) and his package ``pretrends``. Not here: the path (``event_study``), honest intervals (``honest_trends``).
A test that passes is never shown as validation.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from scipy import optimize, special

from tznr_platform.errors import UserError
from tznr_platform.estimation.verdict import NotEstimable
from tznr_platform.french import number, share

LARGEST_T, SMALLEST = 1.96, 1e-16
POINTS, SEED = 12, 2022
SUBJECT = "test du passé"


@dataclass(frozen=True)
class PreTrend:
    """``p_value``: joint test. ``slope_half``, ``slope_most``: trends a month that the usual test finds 50 and 80 % of
    the time. ``bias_half``: what the first would add to the effect at ``month`` (``_if_passed``: when the test saw
    nothing). ``power_at_effect``: power of the usual test against the trend that would make the whole effect by itself.
    """

    p_value: float
    joint_power_half: float
    slope_half: float
    slope_most: float
    month: int
    bias_half: float
    bias_half_if_passed: float
    power_at_effect: float

    def to_frame(self) -> pd.DataFrame:
        return pd.DataFrame([vars(self)])

    def explain(self) -> str:
        """Never « passed »: what could have been missed, in French."""
        p_value = f"= {number(self.p_value, 3)}" if self.p_value >= 0.001 else "< 0,001"
        return (f"Le test du passé (p {p_value}) ne verrait qu'une fois sur deux une dérive qui "
                f"ajouterait {number(100 * abs(self.bias_half), 1)} points au mois {self.month} ; il verrait dans "
                f"{share(self.power_at_effect, 0)} des cas celle qui expliquerait tout l'effet. "
                "Un passé plat ne prouve rien.")


@dataclass(frozen=True)
class Power:
    """Against one hypothesised trend: power of the usual test, Bayes factor of passing, likelihood ratio."""

    power: float
    joint_power: float
    bayes_factor: float
    likelihood_ratio: float
    mean_after_passing: tuple[float, ...]


def pre_trend(months: np.ndarray, estimate: np.ndarray, covariance: np.ndarray, *, base: int = -1,
              month: int) -> PreTrend | NotEstimable:
    """Judge the months before ``base`` of a path (k months, estimates, covariance), for the effect at ``month``.

    ``UserError`` when ``month`` is not in the path after ``base``. Not estimable without two months before, with a
    missing value, or when their covariance is not of full rank (fewer clusters than months).
    """
    months, estimate, covariance = (np.asarray(part, np.float64) for part in (months, estimate, covariance))
    if month not in months or month <= base:
        raise _refusal("l'horizon n'est pas sur le chemin, après le mois de base", "tracer le chemin jusqu'à l'horizon")
    if (months < base).sum() < 2:
        return NotEstimable(SUBJECT, "il faut au moins deux mois connus avant le mois de base")
    before = _before(months, covariance, base, estimate)
    inner = covariance[np.ix_(before, before)]
    if np.linalg.matrix_rank(inner, hermitian=True) < before.sum():
        return NotEstimable(SUBJECT, "il y a moins de grappes que de mois, ou le passé est fixé par construction")
    if not (np.isfinite(estimate).all() and np.isfinite(covariance).all()):
        return NotEstimable(SUBJECT, "un mois du chemin n'a pas d'estimation")
    wald = estimate[before] @ np.linalg.solve(inner, estimate[before])
    half, most = (slope_for_power(months, covariance, power=target, base=base) for target in (0.5, 0.8))
    at = int(np.flatnonzero(months == month)[0])
    found = power(months, estimate, covariance, half * (months - base), base=base)
    whole = estimate[at] / (month - base) * (months[before] - base)
    return PreTrend(float(special.chdtrc(before.sum(), wald)), found.joint_power, half, most, month,
                    half * (month - base), found.mean_after_passing[at], _any_significant(whole, inner))


def slope_for_power(months: np.ndarray, covariance: np.ndarray, *, power: float, base: int = -1) -> float:
    """Slope of a linear difference in trends that the usual test finds with this probability.

    Here and in ``power``, ``UserError`` without a month before ``base`` or with a covariance that is none.
    """
    months, covariance = np.asarray(months, np.float64), np.asarray(covariance, np.float64)
    before = _before(months, covariance, base)
    inner, distance = covariance[np.ix_(before, before)], months[before] - base
    reach = 8 * np.sqrt(np.diag(inner)).max()
    null = _any_significant(np.zeros(before.sum()), inner)
    if not null < power < 1:
        raise UserError(f"Puissance impossible : {power}.", where=SUBJECT,
                        why="elle est plus grande que le risque du test sans dérive, et plus petite que 1",
                        remedy="choisir 0,5 ou 0,8")
    return float(optimize.brentq(lambda slope: _any_significant(slope * distance, inner) - power, 0, reach,
                                 xtol=1e-7 * reach))


def power(months: np.ndarray, estimate: np.ndarray, covariance: np.ndarray, trend: np.ndarray, *,
          base: int = -1) -> Power:
    """What the tests of the past would do if the differences really followed ``trend`` (k, as the path)."""
    estimate, covariance, trend = (np.asarray(part, np.float64) for part in (estimate, covariance, trend))
    before = _before(np.asarray(months, np.float64), covariance, base, estimate, trend)
    inner = covariance[np.ix_(before, before)]
    found, null = _any_significant(trend[before], inner), _any_significant(np.zeros(before.sum()), inner)
    noncentral = trend[before] @ np.linalg.solve(inner, trend[before])
    joint = 1 - special.chndtr(special.chdtri(before.sum(), 0.05), before.sum(), noncentral)
    far, near = (gap @ np.linalg.solve(inner, gap) for gap in ((estimate - trend)[before], estimate[before]))
    return Power(found, float(joint), (1 - found) / (1 - null), float(np.exp((near - far) / 2)),
                 tuple(_after_passing(trend, covariance, before).tolist()))


def _before(months: np.ndarray, covariance: np.ndarray, base: int, *paths: np.ndarray) -> np.ndarray:
    """Which months of the path are before ``base``; ``UserError`` when its parts do not describe the same months."""
    before = months < base
    if covariance.shape != (len(months),) * 2 or any(path.shape != months.shape for path in paths) or not before.any():
        raise _refusal("les mois, les coefficients et leur covariance ne se correspondent pas, ou rien ne précède",
                       "donner un chemin complet, sans son mois de base")
    return before


def _refusal(why: str, remedy: str) -> UserError:
    return UserError("Le test du passé ne peut pas être fait.", where=SUBJECT, why=why, remedy=remedy)


def _any_significant(mean: np.ndarray, covariance: np.ndarray) -> float:
    """Probability that at least one coefficient is significant: one minus a rectangle of the normal law."""
    return 1 - _within(mean, covariance)[0]


def _within(mean: np.ndarray, covariance: np.ndarray) -> tuple[float, np.ndarray]:
    """Probability that no coefficient is significant, and their means given that none is.

    Genz (1992): each coefficient given those before it, at quasi-random points; right to 2e-5 with 3 or 11 months.
    """
    try:
        root = np.linalg.cholesky(covariance)
    except np.linalg.LinAlgError as singular:
        raise _refusal("la covariance des mois antérieurs est singulière", "donner moins de mois") from singular
    edge, points = LARGEST_T * np.sqrt(np.diag(covariance)), _points(len(mean))
    drawn, chance = np.zeros_like(points), np.ones(len(points))
    for place in range(len(mean)):
        centre = mean[place] + drawn[:, :place] @ root[place, :place]
        low, high = (special.ndtr((turn * edge[place] - centre) / root[place, place]) for turn in (-1, 1))
        drawn[:, place] = special.ndtri(np.clip(low + points[:, place] * (high - low), SMALLEST, 1 - SMALLEST))
        chance *= high - low
    total = chance.sum()
    return float(total / len(points)), mean + (chance @ drawn / total if total else 0 * mean) @ root.T


@cache
def _points(count: int) -> np.ndarray:
    """Quasi-random points of the unit cube of ``count`` dimensions, the same every time (points x count)."""
    from scipy.stats import qmc

    return qmc.Sobol(count, rng=np.random.default_rng(SEED)).random_base2(POINTS)


def _after_passing(trend: np.ndarray, covariance: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Mean of the coefficients given that none before contact was significant."""
    inner = covariance[np.ix_(before, before)]
    shift = _within(trend[before], inner)[1] - trend[before]
    return trend + covariance[:, before] @ np.linalg.solve(inner, shift)
