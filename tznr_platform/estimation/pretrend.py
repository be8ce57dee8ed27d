"""The path before contact: what its test sees, and above all what it would not see.

Here: the joint test, the usual test (any month significant), their power against a linear difference in trends, the
slope that they miss half of the time and what it would do to the effect. Source: Roth (2022, American Economic Review:
Insights 4-3) and his package ``pretrends``. Not here: the path (``event_study``), honest intervals (``honest_trends``).
A test that passes is never shown as validation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize, special

from tznr_platform.errors import UserError
from tznr_platform.estimation.verdict import NotEstimable
from tznr_platform.french import number, share

LARGEST_T, DRAWS, SEED = 1.96, 200_000, 2022
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

    ``UserError`` when ``month`` is not in the path. Not estimable without two months before, or when their covariance
    is not of full rank (fewer clusters than months).
    """
    months, estimate, covariance = (np.asarray(part, np.float64) for part in (months, estimate, covariance))
    if month not in months:
        raise UserError("Le test du passé ne peut pas être fait.", where=SUBJECT,
                        why="l'horizon n'est pas sur le chemin", remedy="tracer le chemin jusqu'à cet horizon")
    before = months < base
    inner = covariance[np.ix_(before, before)]
    if before.sum() < 2:
        return NotEstimable(SUBJECT, "il faut au moins deux mois connus avant le mois de base")
    if np.linalg.matrix_rank(inner, hermitian=True) < before.sum():
        return NotEstimable(SUBJECT, "il y a moins de grappes que de mois, ou le passé est fixé par construction")
    wald = estimate[before] @ np.linalg.solve(inner, estimate[before])
    half, most = (slope_for_power(months, covariance, power=target, base=base) for target in (0.5, 0.8))
    at = int(np.flatnonzero(months == month)[0])
    found = power(months, estimate, covariance, half * (months - base), base=base)
    whole = estimate[at] / (month - base) * (months[before] - base)
    return PreTrend(float(special.chdtrc(before.sum(), wald)), found.joint_power, half, most, month,
                    half * (month - base), found.mean_after_passing[at], _any_significant(whole, inner))


def slope_for_power(months: np.ndarray, covariance: np.ndarray, *, power: float, base: int = -1) -> float:
    """Slope of a linear difference in trends that the usual test finds with this probability."""
    months = np.asarray(months, np.float64)
    before = months < base
    inner, distance = np.asarray(covariance, np.float64)[np.ix_(before, before)], months[before] - base
    reach = 8 * np.sqrt(np.diag(inner)).max()
    null = _any_significant(np.zeros(before.sum()), inner)
    if not null < power < 1:
        raise UserError(f"Puissance impossible : {power}.", where=SUBJECT,
                        why="elle est plus grande que le risque du test sans dérive, et plus petite que 1",
                        remedy="choisir 0,5 ou 0,8")
    return float(optimize.brentq(lambda slope: _any_significant(slope * distance, inner) - power, 0, reach, xtol=1e-7))


def power(months: np.ndarray, estimate: np.ndarray, covariance: np.ndarray, trend: np.ndarray, *,
          base: int = -1) -> Power:
    """What the tests of the past would do if the differences really followed ``trend`` (k, as the path)."""
    estimate, covariance, trend = (np.asarray(part, np.float64) for part in (estimate, covariance, trend))
    before = np.asarray(months) < base
    inner = covariance[np.ix_(before, before)]
    found, null = _any_significant(trend[before], inner), _any_significant(np.zeros(before.sum()), inner)
    noncentral = trend[before] @ np.linalg.solve(inner, trend[before])
    joint = 1 - special.chndtr(special.chdtri(before.sum(), 0.05), before.sum(), noncentral)
    far, near = (gap @ np.linalg.solve(inner, gap) for gap in ((estimate - trend)[before], estimate[before]))
    return Power(found, float(joint), (1 - found) / (1 - null), float(np.exp((near - far) / 2)),
                 tuple(_after_passing(trend, covariance, before).tolist()))


def _any_significant(mean: np.ndarray, covariance: np.ndarray) -> float:
    """Probability that at least one coefficient is significant: one minus a rectangle of the normal law."""
    from scipy import stats

    edge = LARGEST_T * np.sqrt(np.diag(covariance))
    law = stats.multivariate_normal(mean, covariance, allow_singular=True, seed=SEED)
    return float(1 - law.cdf(edge, lower_limit=-edge, rng=np.random.default_rng(SEED)))


def _after_passing(trend: np.ndarray, covariance: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Mean of the coefficients given that none before contact was significant (drawn, antithetic, seeded)."""
    inner = covariance[np.ix_(before, before)]
    drawn = np.random.default_rng(SEED).standard_normal((DRAWS // 2, before.sum())) @ np.linalg.cholesky(inner).T
    past = trend[before] + np.concatenate([drawn, -drawn])
    passed = (np.abs(past) <= LARGEST_T * np.sqrt(np.diag(inner))).all(axis=1)
    shift = past[passed].mean(axis=0) - trend[before] if passed.any() else np.zeros(before.sum())
    return trend + covariance[:, before] @ np.linalg.solve(inner, shift)
