"""A coefficient against itself had the treatment been dealt at random to other clusters.

Here: deals of a treatment that is constant in each cluster, other columns held. Not here: when it is used
(``clusters``). Sources: Fisher (1935), MacKinnon and Webb (2020). Exact when clusters are exchangeable.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations
from math import comb
from typing import TYPE_CHECKING

import numpy as np

from tznr_platform.estimation.wild_bootstrap import LEVEL, inverted

if TYPE_CHECKING:
    from tznr_platform.estimation.clusters import ClusteredFit


@dataclass(frozen=True, eq=False)
class Deals:
    """Estimates by deal (``drawn``), and what one unit of effect where treatment truly was adds to each."""

    fit: ClusteredFit
    drawn: np.ndarray = field(repr=False)
    shares: np.ndarray = field(repr=False)

    @classmethod
    def of(cls, fit: ClusteredFit, *, seed: int, draws: int, strata: np.ndarray | None) -> Deals:
        """All deals of a yes-or-no treatment when there are at most ``draws``, else a random part and the true one."""
        dealt = _dealt(fit.dose, seed, draws, strata)
        others = np.arange(len(fit.coefficients)) != fit.column
        rows, outcomes, counts = fit.totals[:, :-2][:, others], fit.totals[:, -2], fit.totals[:, -1]
        plain = fit.grams[:, others][:, :, others].sum(axis=0)
        crossed = dealt @ rows
        norm = dealt**2 @ counts - (crossed * np.linalg.solve(plain, crossed.T).T).sum(axis=1)
        answers = np.column_stack([fit.moments[:, others].sum(axis=0), fit.dose @ rows])
        found = dealt @ np.column_stack([outcomes, fit.dose * counts]) - crossed @ np.linalg.solve(plain, answers)
        return cls(fit, *(found / norm[:, None]).T)

    def p_value(self, null: float = 0.0) -> float:
        """Share of deals at least as far from nothing as the data, once ``null`` is taken off where treatment was."""
        seen = abs(self.fit.estimate - null)
        return float((np.abs(self.drawn - null * self.shares) >= seen * (1 - 1e-9)).mean())

    def interval(self, level: float = LEVEL) -> tuple[float, float]:
        """The constant effects that are not rejected at ``level``; infinite where none is rejected."""
        return inverted(self.p_value, self.fit, level)


def _dealt(dose: np.ndarray, seed: int, draws: int, strata: np.ndarray | None) -> np.ndarray:
    """Treatment by deal and cluster (deals x clusters); the first of random deals is the true one."""
    count, treated = len(dose), int((dose == dose.max()).sum())
    if strata is None and len(np.unique(dose)) == 2 and comb(count, treated) <= draws:
        deals = np.full((comb(count, treated), count), dose.min())
        for rank, places in enumerate(combinations(range(count), treated)):
            deals[rank, list(places)] = dose.max()
        return deals
    keys = np.random.default_rng(seed).random((draws, count))
    block = np.zeros(count) if strata is None else np.unique(strata, return_inverse=True)[1]
    home = np.lexsort((np.arange(count), block))
    deals = np.empty((draws, count))
    deals[:, home] = dose[(block + keys).argsort(axis=1)]
    deals[0] = dose
    return deals
