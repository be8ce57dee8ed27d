"""Whether the two arms look alike before contact: standardised differences, variance ratios, overlap.

Here: balance and overlap of weighted arms, for the monthly trials and for any two groups. Not here: what a poor balance
forbids (``labels``). Sources: Austin (2009, Statistics in Medicine 28-25); Kish (1965) for the effective size.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from tznr_platform.estimation.nuisance import EDGE
from tznr_platform.estimation.panel import UNKNOWN
from tznr_platform.estimation.stacking import Trials
from tznr_platform.estimation.verdict import NotEstimable
from tznr_platform.french import number, share

if TYPE_CHECKING:
    import altair as alt

BINS = 20


@dataclass(frozen=True)
class Balance:
    """By covariate: standardised mean difference before and after weighting, ratio of variances after.

    The deviation is that of the treated, before weighting: what weighting changes is the mean only. Variances are those
    of a sample (of p (1 - p) for 0/1), as in the R packages ``MatchIt`` and ``cobalt``.
    """

    names: tuple[str, ...]
    before: tuple[float, ...]
    after: tuple[float, ...]
    variance_ratio: tuple[float, ...]

    @property
    def worst(self) -> float:
        """Largest absolute difference after weighting; 0 without covariates."""
        return max((abs(value) for value in self.after), default=0.0)

    def to_frame(self) -> pd.DataFrame:
        return pd.DataFrame({"covariate": self.names, "smd_before": self.before, "smd_after": self.after,
                             "variance_ratio": self.variance_ratio})

    def plot(self) -> alt.Chart:
        """Differences before and after weighting, a line a covariate."""
        import altair as alt

        rows = self.to_frame().melt("covariate", ["smd_before", "smd_after"], "when", "difference")
        rows["when"] = rows["when"].map({"smd_before": "Avant pondération", "smd_after": "Après pondération"})
        return alt.Chart(rows).mark_point(filled=True, size=60).encode(
            x=alt.X("difference:Q", title="Différence moyenne standardisée"), y=alt.Y("covariate:N", title=None),
            color=alt.Color("when:N", title=None)).properties(width=420, height=alt.Step(18))

    def explain(self) -> str:
        """One French sentence for the reader."""
        if not self.names:
            return "Aucune covariable ne décrit les deux groupes au-delà des strates."
        first = max(abs(value) for value in self.before)
        return (f"Plus forte différence standardisée entre les deux groupes : {number(first, 2)} avant pondération, "
                f"{number(self.worst, 2)} après.")


@dataclass(frozen=True)
class Overlap:
    """Chances of contact in both arms: shares by class of width 0.05, and what the weights are worth.

    ``effective_share``: Kish's effective size over the number of controls; ``capped_share``: controls whose weight was
    cut; ``supported_share``: treated who had a comparison.
    """

    treated_shares: tuple[float, ...]
    control_shares: tuple[float, ...]
    effective_share: float
    capped_share: float
    supported_share: float

    def to_frame(self) -> pd.DataFrame:
        return pd.DataFrame({"propensity_from": np.arange(BINS) / BINS, "treated_share": self.treated_shares,
                             "control_share": self.control_shares})

    def plot(self) -> alt.Chart:
        """Histogram of the chances of contact, an arm above the other."""
        import altair as alt

        names = {"treated_share": "Rencontrées", "control_share": "Non rencontrées"}
        rows = self.to_frame().rename(columns=names).melt("propensity_from", list(names.values()), "arm", "share")
        return alt.Chart(rows).mark_bar().encode(
            x=alt.X("propensity_from:Q", title="Chance d'être rencontré dans le mois"),
            y=alt.Y("share:Q", title="Part"), row=alt.Row("arm:N", title=None)).properties(width=420, height=90)

    def explain(self) -> str:
        """One French sentence for the reader."""
        return (f"{share(self.supported_share)} des personnes rencontrées ont une comparaison ; une fois pondérée, "
                f"celle-ci vaut {share(self.effective_share)} de son effectif ; {share(self.capped_share)} des poids "
                "sont rognés.")


def balance(treated: np.ndarray, covariates: np.ndarray, weights: np.ndarray,
            names: tuple[str, ...]) -> Balance | NotEstimable:
    """Balance of two groups of units: ``treated`` 0/1 (n), ``covariates`` n x k, ``weights`` n (1 for the treated)."""
    covariates, weights = np.asarray(covariates, np.float64), np.asarray(weights, np.float64)
    ones, is_met = np.ones(len(weights)), np.asarray(treated) == 1
    if not (weights[is_met].sum() > 0 and weights[~is_met].sum() > 0 and np.isfinite(covariates).all()):
        return NotEstimable("équilibre", "un des deux groupes est vide, ou une valeur manque")
    return _balance([_sums(covariates[side], of[side]) for side, of in (
        (is_met, ones), (~is_met, ones), (~is_met, weights))], _is_binary(covariates), names)


def trials_balance(trials: Trials, horizon: int) -> Balance | NotEstimable:
    """Balance of the stacked trials, each stratum of controls weighing as many as were met in it."""
    panel = trials.panel
    width = panel.covariates.shape[1]
    arms, met = [np.zeros((4, width)) for _ in range(3)], 0
    for pair in trials.pairs(horizon):
        weight = _matched(trials, pair, horizon)
        ones = np.ones(len(pair.treated))
        met += len(pair.treated)
        for arm, persons, values in ((0, pair.treated, ones), (1, pair.control, np.ones(len(pair.control))),
                                     (2, pair.control, weight)):
            arms[arm] += _sums(panel.covariates[persons], values)
    if not met or (width and not arms[2][0].all()):
        return NotEstimable("équilibre", "un des deux groupes est vide")
    return _balance(arms, _is_binary(panel.covariates), panel.names)


def trials_overlap(trials: Trials, horizon: int) -> Overlap | NotEstimable:
    """Overlap of the stacked trials: chance of being met in the month, in both arms."""
    counts, capped, total, squares, sums, met, supported = np.zeros((2, BINS)), 0, 0, 0.0, 0.0, 0, 0.0
    for pair in trials.pairs(horizon):
        weight = _matched(trials, pair, horizon)
        for arm, place in enumerate((pair.treated_place, pair.control_place)):
            chance = trials.met_so.ravel()[place]
            counts[arm] += np.bincount(np.minimum((chance * BINS).astype(int), BINS - 1), minlength=BINS)
        capped, total = capped + int(pair.is_capped.sum()), total + int((weight > 0).sum())
        squares, sums, met = squares + float(weight @ weight), sums + float(weight.sum()), met + len(pair.treated)
        supported += float(np.isin(pair.treated_slot, pair.control_slot[weight > 0]).sum())
    if not met or not sums:
        return NotEstimable("recouvrement", "un des deux groupes est vide")
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return Overlap(tuple(shares[0].tolist()), tuple(shares[1].tolist()), sums**2 / squares / total,
                   capped / max(total, 1), supported / met)


def _matched(trials: Trials, pair, horizon: int) -> np.ndarray:
    """Weights of the controls, such that those of a stratum sum to the number met in it."""
    known = trials.outcome(pair.control, pair.month, horizon, "open") != UNKNOWN
    weight = pair.weight * known
    size = np.bincount(pair.treated_slot, minlength=pair.slots)
    sums = np.bincount(pair.control_slot, weight, pair.slots)
    scale = np.divide(size, sums, out=np.zeros(pair.slots), where=sums > EDGE)
    return weight * scale[pair.control_slot]


def _sums(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Of the weights, their squares, the values and their squares (4 x k)."""
    sizes = np.broadcast_to([[weights.sum()], [weights @ weights]], (2, values.shape[1]))
    return np.vstack([sizes, weights @ values, weights @ values**2])


def _is_binary(covariates: np.ndarray) -> np.ndarray:
    return ((covariates == 0) | (covariates == 1)).all(axis=0)


def _of_sums(sums: np.ndarray, is_binary: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means and variances; a variance of 0/1 is p (1 - p), another is that of a sample of the effective size."""
    total, squares, first, second = sums
    mean = first / total
    variance, freedom = np.maximum(second / total - mean**2, 0), 1 - squares / total**2
    return mean, np.where(is_binary | (freedom <= 0), variance, variance / np.where(freedom > 0, freedom, 1))


def _balance(arms: list[np.ndarray], is_binary: np.ndarray, names: tuple[str, ...]) -> Balance:
    """``arms``: sums of the treated, of the controls as they are, and weighted."""
    treated, control, weighted = (_of_sums(sums, is_binary) for sums in arms)
    spread = np.where(treated[1] > 0, np.sqrt(treated[1]), 1)
    ratio = np.divide(treated[1], weighted[1], out=np.ones_like(treated[1]), where=weighted[1] > 0)
    return Balance(names, tuple(((treated[0] - control[0]) / spread).tolist()),
                   tuple(((treated[0] - weighted[0]) / spread).tolist()), tuple(ratio.tolist()))
