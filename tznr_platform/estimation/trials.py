"""Effect of a first contact on access: one target trial a month, stacked, later contacts censored.

Here: the primary estimator of methods 4.1. In trial g, whoever was not met before g and is at risk is compared by
exact stratum of the month before: met in g against not met in g, the latter censored at their own later contact and
weighted by the inverse of the probability of staying unmet. Not here: who is at risk (the marts), the label printed
(``design``). With controls that were all met one day the estimate is biased upwards, whatever the strata: it is the
bias that the simulator reproduces, and the reason for the label « associatif (guichet) ».
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd

from tznr_platform.errors import UserError
from tznr_platform.estimation.verdict import NotEstimable

TWO_SIDED_95 = NormalDist().inv_cdf(0.975)
SMALLEST_STAYING = 0.05


@dataclass(frozen=True)
class AccessEffect:
    """Difference of the share open at the horizon, contact minus no contact, among those met (``contacted_count``).

    ``open_share`` and ``counterfactual_share`` make the difference; ``standard_error``: jackknife over clusters.
    ``supported_share``: those met who had a comparison in their stratum; ``effective_controls``: Kish.
    """

    horizon_months: int
    estimate: float
    open_share: float
    counterfactual_share: float
    standard_error: float
    contacted_count: int
    supported_share: float
    effective_controls: float

    @property
    def low(self) -> float:
        return self.estimate - TWO_SIDED_95 * self.standard_error

    @property
    def high(self) -> float:
        return self.estimate + TWO_SIDED_95 * self.standard_error


def sequential_trials(contact_month: np.ndarray, is_open: np.ndarray, stratum: np.ndarray, *, trial_months: range,
                      horizons: tuple[int, ...], clusters: np.ndarray) -> list[AccessEffect | NotEstimable]:
    """Effects by horizon. Arrays: persons (first contact, beyond the months if none; cluster code), persons x months
    (entitlement open; stratum of the month, -1 when not at risk). The stratum of month g-1 is used in trial g.

    ``UserError`` when the arrays do not agree or a horizon leaves the months.
    """
    is_open, stratum = np.asarray(is_open), np.asarray(stratum)
    if is_open.shape != stratum.shape or {len(contact_month), len(clusters)} != {len(is_open)} or not len(is_open):
        raise _refusal("les tableaux ne décrivent pas les mêmes personnes et les mêmes mois")
    if not len(trial_months) or min(trial_months) < 1 or max(trial_months) + max(horizons) >= is_open.shape[1]:
        raise _refusal("un essai ou un horizon sort des mois observés")
    contact = np.asarray(contact_month, np.int64)
    cohort = _Cohort(contact, is_open, stratum, np.unique(clusters, return_inverse=True)[1],
                     _staying_unmet(contact, stratum))
    return [_effect(cohort, trial_months, horizon) for horizon in horizons]


@dataclass(frozen=True, eq=False)
class _Cohort:
    """Persons: month of contact, cluster number; persons x months: open, stratum, log probability of staying unmet."""

    contact: np.ndarray
    is_open: np.ndarray
    stratum: np.ndarray
    cluster: np.ndarray
    staying: np.ndarray


def to_frame(effects: list[AccessEffect | NotEstimable]) -> pd.DataFrame:
    """One row an effect that could be estimated."""
    found = [effect for effect in effects if isinstance(effect, AccessEffect)]
    return pd.DataFrame([{**vars(effect), "low": effect.low, "high": effect.high} for effect in found])


def _staying_unmet(contact: np.ndarray, stratum: np.ndarray) -> np.ndarray:
    """Persons x (months + 1): log of the probability of being unmet through the month before, by monthly strata."""
    persons, months = stratum.shape
    logs = np.zeros((persons, months + 1))
    kinds = int(stratum.max()) + 2
    met, exposed = np.zeros(kinds), np.zeros(kinds)
    for month in range(1, months):
        unmet, kind = contact >= month, stratum[:, month - 1] + 1
        exposed += np.bincount(kind[unmet], minlength=kinds)
        met += np.bincount(kind[contact == month], minlength=kinds)
    hazard = np.divide(met, exposed, out=np.zeros(kinds), where=exposed > 0)
    step = np.log1p(-np.minimum(hazard, 1 - 1e-9))
    for month in range(1, months):
        logs[:, month + 1] = logs[:, month] + step[stratum[:, month - 1] + 1]
    return logs


def _effect(cohort: _Cohort, trial_months: range, horizon: int) -> AccessEffect | NotEstimable:
    kinds, groups = int(cohort.stratum.max()) + 1, int(cohort.cluster.max()) + 1
    sums = np.zeros((5, groups, len(trial_months), kinds))
    for rank, month in enumerate(trial_months):
        kind, later = cohort.stratum[:, month - 1], cohort.is_open[:, month + horizon]
        treated = np.flatnonzero((kind >= 0) & (cohort.contact == month))
        control = np.flatnonzero((kind >= 0) & (cohort.contact > month + horizon))
        weight = np.exp(cohort.staying[control, month + 1] - cohort.staying[control, month + horizon + 1])
        weight = np.minimum(weight, 1 / SMALLEST_STAYING)
        columns = [(treated, np.ones(len(treated))), (treated, later[treated]), (control, weight),
                   (control, weight * later[control]), (control, weight**2)]
        for offset, (people, values) in enumerate(columns):
            counted = np.bincount(cohort.cluster[people] * kinds + kind[people], values, minlength=groups * kinds)
            sums[offset, :, rank] = counted.reshape(groups, kinds)
    return _compared(sums.reshape(5, groups, -1), horizon)


def _compared(sums: np.ndarray, horizon: int) -> AccessEffect | NotEstimable:
    """From sums by cluster and cell (met, met and open, weights, weighted open, squared weights) to the effect."""
    total = sums.sum(axis=1)
    contacted = total[0].sum()
    subject = f"effet à {horizon} mois"
    if not contacted:
        return NotEstimable(subject, "personne n'a été rencontré parmi les personnes à risque")
    open_share, counterfactual, supported = _shares(total)
    if not supported:
        return NotEstimable(subject, "aucune personne comparable n'est restée sans contact")
    left_out = np.array([_shares(total - one)[:2] for one in sums.swapaxes(0, 1)])
    if len(left_out) < 2 or not np.isfinite(left_out).all():
        return NotEstimable(subject, "une seule grappe porte toute l'information")
    differences = left_out[:, 0] - left_out[:, 1]
    estimate, count = open_share - counterfactual, len(left_out)
    error = float(np.sqrt((count - 1) / count * ((differences - estimate) ** 2).sum()))
    weights = np.divide(total[0], total[2], out=np.zeros_like(total[0]), where=total[2] > 0)
    effective = (weights @ total[2]) ** 2 / (weights**2 @ total[4])
    return AccessEffect(horizon, estimate, open_share, counterfactual, error, int(contacted),
                        float(supported / contacted), float(effective))


def _shares(total: np.ndarray) -> tuple[float, float, float]:
    """Share open among the met who have a comparison, the same without contact, and how many they are."""
    met, met_open, weight, weighted_open, _ = total
    usable = (weight > 0) & (met > 0)
    supported = met[usable].sum()
    if not supported:
        return float("nan"), float("nan"), 0.0
    counterfactual = (met[usable] * weighted_open[usable] / weight[usable]).sum() / supported
    return float(met_open[usable].sum() / supported), float(counterfactual), float(supported)


def _refusal(why: str) -> UserError:
    return UserError("Les essais mensuels ne peuvent pas être construits.", where="effet sur l'accès", why=why,
                     remedy="fournir le panel personne-mois tel que le construit l'étape des indicateurs")
