"""Inference with few clusters: jackknife errors, wild cluster bootstrap, intervals by test inversion.

Here: one coefficient of a least-squares fit whose rows are clustered (a territory is a cluster). Ordinary clustered
errors are not offered: with 39 clusters they reject true hypotheses two to five times too often (methods 4.1).
Sources: Cameron, Gelbach and Miller (2008), Webb (2014), MacKinnon, Nielsen and Webb (2023).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from tznr_platform.estimation.verdict import NotEstimable

FEWEST_TREATED, WEBB_BELOW = 6, 12
DRAWS, LEVEL = 9_999, 0.05
WEBB = np.sqrt([1.5, 1.0, 0.5]) * np.array([[1], [-1]])
DOUBLINGS, HALVINGS = 20, 60


@dataclass(frozen=True)
class ClusterInference:
    """An estimate with what few clusters allow to say of it.

    ``standard_error``: CRV3 (cluster jackknife). ``p_value`` and the interval at 95 %: ``method`` says from what,
    ``wild_bootstrap`` or ``randomisation`` (then without an interval). Bounds may be infinite: said, not hidden.
    """

    estimate: float
    standard_error: float
    p_value: float
    low: float | None
    high: float | None
    method: str
    cluster_count: int
    treated_cluster_count: int
    effective_cluster_count: float
    largest_leverage: float


@dataclass(frozen=True, eq=False)
class ClusteredFit:
    """Least squares of ``outcome`` (n) on ``design`` (n x k) with cluster codes (n); ``column``: the coefficient meant.

    Built once; everything else works on cluster sums (clusters x k), whatever n.
    """

    column: int
    grams: np.ndarray = field(repr=False)
    moments: np.ndarray = field(repr=False)
    bread: np.ndarray = field(repr=False)
    coefficients: np.ndarray
    is_treated: np.ndarray = field(repr=False)

    @classmethod
    def of(cls, outcome: np.ndarray, design: np.ndarray, clusters: np.ndarray,
           column: int) -> ClusteredFit | NotEstimable:
        """The fit, or why there is none: one cluster, colinear columns, no variation of the column meant."""
        outcome, design = np.asarray(outcome, float), np.asarray(design, float)
        codes, rank = np.unique(clusters, return_inverse=True)
        if len(codes) < 2:
            return NotEstimable("effet par grappes", "il n'y a qu'une grappe")
        if np.linalg.matrix_rank(design) < design.shape[1]:
            return NotEstimable("effet par grappes", "les variables sont colinéaires")
        starts = np.searchsorted(rank[order := np.argsort(rank, kind="stable")], np.arange(len(codes)))
        rows, values = design[order], outcome[order]
        grams = np.add.reduceat(rows[:, :, None] * rows[:, None, :], starts)
        moments = np.add.reduceat(rows * values[:, None], starts)
        bread = np.linalg.inv(grams.sum(axis=0))
        treated = np.add.reduceat(np.abs(rows[:, column]), starts) > 0
        return cls(column, grams, moments, bread, bread @ moments.sum(axis=0), treated)

    @property
    def estimate(self) -> float:
        return float(self.coefficients[self.column])

    @property
    def cluster_count(self) -> int:
        return len(self.grams)

    def jackknife_error(self, *, size: tuple[int, int] | None = None) -> float | None:
        """CRV3: spread of the estimate when each cluster is left out; None if one cluster alone identifies it.

        With ``size`` = (rows n, parameters k), the small-sample factors of pyfixest: (G/(G-1))² (n-1)/(n-k).
        """
        gram, moment = self.grams.sum(axis=0), self.moments.sum(axis=0)
        without = gram - self.grams
        if (np.linalg.matrix_rank(without) < gram.shape[0]).any():
            return None
        left_out = np.linalg.solve(without, (moment - self.moments)[:, :, None])[:, self.column, 0]
        count = self.cluster_count
        factor = (count - 1) / count
        if size is not None:
            factor *= (count / (count - 1)) ** 2 * (size[0] - 1) / (size[0] - size[1])
        return float(np.sqrt(factor * ((left_out - self.estimate) ** 2).sum()))

    def leverages(self) -> np.ndarray:
        """Share of each cluster in the identification of the coefficient; they add up to the number of columns."""
        return np.einsum("ij,gji->g", self.bread, self.grams)

    def effective_clusters(self) -> float:
        """Number of equal clusters that would carry as much (Carter, Schnepel and Steigerwald 2017)."""
        row = self.bread[self.column]
        parts = np.einsum("i,gij,j->g", row, self.grams, row)
        spread = ((parts - parts.mean()) ** 2).mean() / parts.mean() ** 2
        return float(self.cluster_count / (1 + spread))

    def wild_bootstrap(self, *, seed: int, draws: int = DRAWS, null: float = 0.0) -> WildBootstrap:
        """The restricted wild cluster bootstrap of this coefficient; Webb's weights under 12 treated clusters."""
        count = self.cluster_count
        random = np.random.default_rng(seed)
        if min(self.is_treated.sum(), count) < WEBB_BELOW:
            weights = random.choice(WEBB.ravel(), size=(draws, count))
        elif count <= 1 + np.log2(draws):
            weights = 1.0 - 2.0 * ((np.arange(2**count)[:, None] >> np.arange(count)) & 1)
        else:
            weights = random.choice([-1.0, 1.0], size=(draws, count))
        return WildBootstrap(self, weights, null)


@dataclass(frozen=True, eq=False)
class WildBootstrap:
    """Draws of the t statistic under « the coefficient is ``null`` », the same weights for every null."""

    fit: ClusteredFit
    weights: np.ndarray = field(repr=False)
    null: float = 0.0

    def p_value(self, null: float | None = None) -> float:
        """Symmetric p-value: share of draws at least as far from the null as the data."""
        seen, drawn = self._statistics(self.null if null is None else null)
        return float((drawn >= seen * (1 - 1e-12)).mean())

    def interval(self, level: float = LEVEL) -> tuple[float, float]:
        """The nulls that are not rejected at ``level``: bounds by bisection, infinite where none is rejected."""
        scale = self.fit.jackknife_error() or abs(self.fit.estimate) or 1.0
        return self._bound(-scale, level), self._bound(scale, level)

    def _bound(self, step: float, level: float) -> float:
        inside, outside = self.fit.estimate, self.fit.estimate + 2 * step
        for _ in range(DOUBLINGS):
            if self.p_value(outside) < level:
                break
            inside, step = outside, 2 * step
            outside = self.fit.estimate + 2 * step
        else:
            return float(np.copysign(np.inf, step))
        for _ in range(HALVINGS):
            middle = (inside + outside) / 2
            if self.p_value(middle) >= level:
                inside = middle
            else:
                outside = middle
        return float((inside + outside) / 2)

    def _statistics(self, null: float) -> tuple[float, np.ndarray]:
        """Absolute t statistic of the data and of each draw, with cluster-robust variance on both sides."""
        fit, row = self.fit, self.fit.bread[self.fit.column]
        shift, constant, cross, square = self._in_null
        spread = constant - 2 * null * cross + null**2 * square
        drawn = np.abs(shift[0] - null * shift[1]) / np.sqrt(np.maximum(spread, np.finfo(float).tiny))
        residual = (fit.moments - fit.grams @ fit.coefficients) @ row
        return abs(fit.estimate - null) / np.sqrt((residual**2).sum()), drawn

    @cached_property
    def _in_null(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """What every null shares: shifts and variances of the draws are a line and a parabola in the null."""
        fit, row = self.fit, self.fit.bread[self.fit.column]
        shifts, parts = [], []
        for scores in self._restricted_scores():
            own = scores @ row
            shared = np.einsum("i,gij,jk,hk->gh", row, fit.grams, fit.bread, scores, optimize=True)
            shifts.append(self.weights @ own)
            parts.append(self.weights * own - self.weights @ shared.T)
        return (np.array(shifts), (parts[0] ** 2).sum(axis=1), (parts[0] * parts[1]).sum(axis=1),
                (parts[1] ** 2).sum(axis=1))

    def _restricted_scores(self) -> tuple[np.ndarray, np.ndarray]:
        """Cluster scores X'u of the fit in which the coefficient is held: those at 0, and what one unit takes off."""
        fit, others = self.fit, np.arange(len(self.fit.coefficients)) != self.fit.column
        gram, moment = fit.grams.sum(axis=0), fit.moments.sum(axis=0)
        at_zero, slope = np.zeros(len(others)), (~others).astype(float)
        if others.any():
            solved = np.linalg.solve(gram[np.ix_(others, others)],
                                     np.column_stack([moment[others], gram[others, fit.column]]))
            at_zero[others], slope[others] = solved[:, 0], -solved[:, 1]
        return fit.moments - fit.grams @ at_zero, fit.grams @ slope


def infer(outcome: np.ndarray, design: np.ndarray, clusters: np.ndarray, column: int, *, seed: int,
          draws: int = DRAWS) -> ClusterInference | NotEstimable:
    """Estimate one coefficient and what few clusters allow to say; under 6 treated clusters, randomisation only."""
    fit = ClusteredFit.of(outcome, design, clusters, column)
    if isinstance(fit, NotEstimable):
        return fit
    error = fit.jackknife_error()
    if error is None:
        return NotEstimable("effet par grappes", "une seule grappe porte toute l'information sur l'effet")
    treated = int(fit.is_treated.sum())
    fewest = min(treated, fit.cluster_count - treated or treated)
    if fewest < FEWEST_TREATED:
        return NotEstimable("effet par grappes", f"{fewest} grappes seulement d'un côté de la comparaison : "
                                                 "seule la répartition au hasard du traitement permet un test")
    bootstrap = fit.wild_bootstrap(seed=seed, draws=draws)
    low, high = bootstrap.interval()
    return ClusterInference(fit.estimate, error, bootstrap.p_value(), low, high, "wild_bootstrap", fit.cluster_count,
                            treated, fit.effective_clusters(), float(fit.leverages().max()))


def randomisation_test(changes: np.ndarray, is_treated: np.ndarray, *, seed: int, weights: np.ndarray | None = None,
                       draws: int = DRAWS) -> ClusterInference | NotEstimable:
    """Difference of mean changes (one value a cluster) against the same with the treatment dealt again at random.

    All deals when there are no more than ``draws`` of them, else a random part. Clusters must be exchangeable.
    """
    from itertools import combinations
    from math import comb

    changes, is_treated = np.asarray(changes, float), np.asarray(is_treated, bool)
    count, treated = len(changes), int(is_treated.sum())
    if not 0 < treated < count:
        return NotEstimable("test par répartition au hasard", "il manque des grappes traitées ou de comparaison")
    sizes = np.ones(count) if weights is None else np.asarray(weights, float)
    if comb(count, treated) <= draws:
        deals = np.zeros((comb(count, treated), count))
        for rank, chosen in enumerate(combinations(range(count), treated)):
            deals[rank, list(chosen)] = 1
    else:
        random = np.random.default_rng(seed)
        deals = (random.random((draws, count)).argsort(axis=1) < treated).astype(float)
        deals[0] = is_treated

    def difference(deal: np.ndarray) -> np.ndarray:
        return deal @ (sizes * changes) / (deal @ sizes) - (1 - deal) @ (sizes * changes) / ((1 - deal) @ sizes)

    estimate = float(difference(is_treated.astype(float)))
    p_value = float((np.abs(difference(deals)) >= abs(estimate) * (1 - 1e-12)).mean())
    design = np.column_stack([np.ones(count), is_treated]) * np.sqrt(sizes)[:, None]
    fit = ClusteredFit.of(changes * np.sqrt(sizes), design, np.arange(count), 1)
    error = fit.jackknife_error() if isinstance(fit, ClusteredFit) else None
    return ClusterInference(estimate, float("nan") if error is None else error, p_value, None, None, "randomisation",
                            count, treated, fit.effective_clusters(), float(fit.leverages().max()))
