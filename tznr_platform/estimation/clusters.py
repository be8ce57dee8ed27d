"""Inference with few clusters: one coefficient, its jackknife error, and the test that its clusters allow.

Here: least squares whose rows are clustered (a territory is a cluster), and the choice of the test. Ordinary clustered
errors are not offered: with 39 clusters they reject true hypotheses two to five times too often (methods 4.1).
Not here: the tests (``wild_bootstrap``, ``randomisation``). Source: MacKinnon, Nielsen and Webb (2023).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from tznr_platform.errors import UserError
from tznr_platform.estimation.nuisance import one_thread
from tznr_platform.estimation.randomisation import Deals
from tznr_platform.estimation.verdict import NotEstimable
from tznr_platform.estimation.wild_bootstrap import WildBootstrap, cluster_weights
from tznr_platform.french import count as counted
from tznr_platform.french import number

FEWEST_TREATED, WEBB_BELOW = 6, 12
DRAWS = 9_999
SUBJECT = "effet par grappes"
Method = Literal["wild_bootstrap", "randomisation"]
METHODS = {"wild_bootstrap": "bootstrap sauvage par grappes", "randomisation": "répartition au hasard"}


@dataclass(frozen=True)
class ClusterInference:
    """An estimate with what few clusters allow to say of it.

    ``standard_error``: CRV3 (cluster jackknife), None when one cluster alone identifies the effect. ``p_value`` and the
    interval at 95 %, which inverts the test: ``method`` says which one. Bounds may be infinite: said, not hidden.
    """

    estimate: float
    standard_error: float | None
    p_value: float
    low: float
    high: float
    method: Method
    cluster_count: int
    treated_cluster_count: int
    effective_cluster_count: float
    largest_leverage: float

    def to_frame(self) -> pd.DataFrame:
        """One row."""
        return pd.DataFrame([asdict(self)])

    def explain(self) -> str:
        """French sentence that may be printed under the estimate."""
        low, high = (number(bound, 3) if np.isfinite(bound) else "non borné" for bound in (self.low, self.high))
        treated = counted(self.treated_cluster_count, "grappe traitée", "grappes traitées")
        return (f"{number(self.estimate, 3)} (intervalle à 95 % : {low} à {high} ; p = {number(self.p_value, 3)}, "
                f"{METHODS[self.method]}) ; {treated} sur {self.cluster_count}, soit "
                f"{number(self.effective_cluster_count, 1)} grappes effectives ; plus fort levier "
                f"{number(self.largest_leverage, 2)}.")

    def plot(self):
        """Altair chart: the estimate and its interval; an infinite bound is not drawn."""
        from tznr_platform.estimation.interval_chart import interval_chart

        rows = self.to_frame().assign(label="Effet").replace([np.inf, -np.inf], self.estimate)
        return interval_chart(rows, label="label", value="estimate", low="low", high="high", axis="Effet",
                              title="Effet et intervalle")


@dataclass(frozen=True, eq=False)
class ClusteredFit:
    """Least squares of ``outcome`` (n) on ``design`` (n x k) with cluster codes (n); ``column``: the coefficient meant.

    Built once; everything else works on cluster sums (clusters x k), whatever n. ``dose``: the column meant, by
    cluster, when it is constant in each; ``totals``: sums of the columns, of the outcome and of the weights.
    """

    column: int
    grams: np.ndarray = field(repr=False)
    moments: np.ndarray = field(repr=False)
    totals: np.ndarray = field(repr=False)
    bread: np.ndarray = field(repr=False)
    coefficients: np.ndarray
    is_treated: np.ndarray = field(repr=False)
    dose: np.ndarray | None = field(repr=False)

    @classmethod
    def of(cls, outcome: np.ndarray, design: np.ndarray, clusters: np.ndarray, column: int, *,
           weights: np.ndarray | None = None) -> ClusteredFit | NotEstimable:
        """The fit, or why there is none: missing values, one cluster, colinear columns, an outcome that never varies.

        ``UserError`` when the arrays do not describe the same rows, or the column is not one of the design.
        """
        outcome, design = np.asarray(outcome, float), np.asarray(design, float)
        size = np.ones(len(outcome)) if weights is None else np.asarray(weights, float)
        if design.shape[:1] != outcome.shape or not len(clusters) == len(size) == len(outcome) or not (
                0 <= column < design.shape[-1]):
            raise _refusal("le résultat, les variables, les grappes et les poids ne décrivent pas les mêmes lignes")
        if pd.isna(clusters).any():
            return NotEstimable(SUBJECT, "une grappe manque")
        codes, rank = np.unique(clusters, return_inverse=True)
        if len(codes) < 2:
            return NotEstimable(SUBJECT, "il n'y a qu'une grappe" if len(codes) else "il n'y a aucune donnée")
        if not (np.isfinite(outcome).all() and np.isfinite(design).all() and (size > 0).all()):
            return NotEstimable(SUBJECT, "des valeurs ou des poids manquent")
        if np.linalg.matrix_rank(design) < design.shape[1] or (outcome == outcome[0]).all():
            return NotEstimable(SUBJECT, "les variables sont colinéaires, ou le résultat a partout la même valeur")
        starts = np.searchsorted(rank[order := np.argsort(rank, kind="stable")], np.arange(len(codes)))
        rows, values, size = design[order], outcome[order], size[order, None]
        grams = np.add.reduceat(size[:, :, None] * rows[:, :, None] * rows[:, None, :], starts)
        moments = np.add.reduceat(size * rows * values[:, None], starts)
        totals = np.add.reduceat(size * np.column_stack([rows, values, np.ones(len(rows))]), starts)
        bread = np.linalg.inv(grams.sum(axis=0))
        meant = rows[:, column]
        steady = np.array_equal(meant, np.repeat(meant[starts], np.diff(np.append(starts, len(rows)))))
        return cls(column, grams, moments, totals, bread, bread @ moments.sum(axis=0),
                   np.add.reduceat(np.abs(meant), starts) > 0, meant[starts] if steady else None)

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
        webb = min(self.is_treated.sum(), self.cluster_count) < WEBB_BELOW
        return WildBootstrap(self, cluster_weights(self.cluster_count, webb=webb, seed=seed, draws=draws), null)

    def deals(self, *, seed: int, draws: int = DRAWS, strata: np.ndarray | None = None) -> Deals:
        """The treatment dealt again at random to the clusters, inside ``strata`` (n codes, in the clusters' order)."""
        return Deals.of(self, seed=seed, draws=draws, strata=strata)


@one_thread()
def infer(outcome: np.ndarray, design: np.ndarray, clusters: np.ndarray, column: int, *, seed: int,
          draws: int = DRAWS, weights: np.ndarray | None = None) -> ClusterInference | NotEstimable:
    """Estimate one coefficient and what few clusters allow to say of it.

    Six clusters or more on each side: restricted wild bootstrap. Fewer: the treatment is dealt again at random, which
    needs it constant in each cluster.
    """
    _require_draws(draws)
    fit = ClusteredFit.of(outcome, design, clusters, column, weights=weights)
    if isinstance(fit, NotEstimable):
        return fit
    treated = int(fit.is_treated.sum())
    fewest = min(treated, fit.cluster_count - treated or treated)
    if fewest >= FEWEST_TREATED:
        return _judged(fit, fit.wild_bootstrap(seed=seed, draws=draws), "wild_bootstrap")
    if fit.dose is None or treated == fit.cluster_count:
        return NotEstimable(SUBJECT, f"{fewest} grappes seulement d'un côté de la comparaison, et un traitement qui "
                                     "change dans une grappe ne peut pas être réparti au hasard")
    return _judged(fit, fit.deals(seed=seed, draws=draws), "randomisation")


@one_thread()
def randomisation_test(changes: np.ndarray, is_treated: np.ndarray, *, seed: int, weights: np.ndarray | None = None,
                       draws: int = DRAWS, strata: np.ndarray | None = None) -> ClusterInference | NotEstimable:
    """Difference of mean changes (one value a cluster) against the same with the treatment dealt again at random.

    All deals when there are no more than ``draws`` of them, else a random part. Clusters must be exchangeable, within
    the ``strata`` (a territory and its matched areas) when they are given. ``UserError`` for a treatment other than 0
    or 1, or for strata that are not those of the clusters.
    """
    _require_draws(draws)
    if not np.isin(is_treated, (0, 1)).all() or (strata is not None and len(strata) != len(is_treated)):
        raise _refusal("le traitement n'est pas 0 ou 1, ou les strates ne sont pas celles des grappes")
    treated = np.asarray(is_treated, bool)
    if not 0 < treated.sum() < len(treated):
        return NotEstimable("test par répartition au hasard", "il manque des grappes traitées ou de comparaison")
    design = np.column_stack([np.ones(len(treated)), treated])
    fit = ClusteredFit.of(changes, design, np.arange(len(treated)), 1, weights=weights)
    if isinstance(fit, NotEstimable):
        return fit
    return _judged(fit, fit.deals(seed=seed, draws=draws, strata=strata), "randomisation")


def _require_draws(draws: int) -> None:
    if draws < 1:
        raise _refusal("un test demande au moins un tirage")


def _refusal(why: str) -> UserError:
    return UserError("Le test par grappes ne peut pas être fait.", where=SUBJECT, why=why, remedy="corriger l'appel")


def _judged(fit: ClusteredFit, test: WildBootstrap | Deals, method: Method) -> ClusterInference:
    low, high = test.interval()
    return ClusterInference(fit.estimate, fit.jackknife_error(), test.p_value(), low, high, method, fit.cluster_count,
                            int(fit.is_treated.sum()), fit.effective_clusters(), float(fit.leverages().max()))
