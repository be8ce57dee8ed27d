"""A coefficient against itself had the treatment been dealt at random to other clusters.

Here: deals of a treatment that is constant in each cluster, other columns held. Not here: when it is used
(``clusters``). Sources: Fisher (1935), MacKinnon and Webb (2020). Exact when clusters are exchangeable.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations
from math import comb, prod
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
    block = np.zeros(len(dose), int) if strata is None else np.unique(strata, return_inverse=True)[1]
    if len(np.unique(dose)) == 2:
        sizes, treated = np.bincount(block), np.bincount(block, dose == dose.max()).astype(int)
        if prod(comb(size, count) for size, count in zip(sizes.tolist(), treated.tolist(), strict=True)) <= draws:
            return _all_deals(dose, block, treated)
    keys = np.random.default_rng(seed).random((draws, len(dose)))
    home = np.lexsort((np.arange(len(dose)), block))
    deals = np.empty(keys.shape)
    deals[:, home] = dose[(block + keys).argsort(axis=1)]
    deals[0] = dose
    return deals


def _all_deals(dose: np.ndarray, block: np.ndarray, treated: np.ndarray) -> np.ndarray:
    """Every way to treat ``treated`` clusters of each block."""
    deals = np.full((1, len(dose)), dose.min())
    for code, count in enumerate(treated):
        ways = np.array(list(combinations(np.flatnonzero(block == code), count)), int)
        fresh = deals.repeat(len(ways), axis=0)
        fresh[np.arange(len(fresh))[:, None], np.tile(ways, (len(deals), 1))] = dose.max()
        deals = fresh
    return deals
