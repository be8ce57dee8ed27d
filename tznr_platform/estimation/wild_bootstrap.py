"""The restricted wild cluster bootstrap of one coefficient, and the interval that inverts a test.

Here: draws on cluster sums, whatever the number of rows. Not here: when it may be used (``clusters``). Sources:
Cameron, Gelbach and Miller (2008), Webb (2014), MacKinnon, Nielsen and Webb (2023).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tznr_platform.estimation.clusters import ClusteredFit

LEVEL = 0.05
WEBB = np.sqrt([1.5, 1.0, 0.5]) * np.array([[1], [-1]])
DOUBLINGS, HALVINGS = 20, 60


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
        return inverted(self.p_value, self.fit, level)

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


def cluster_weights(count: int, *, webb: bool, seed: int, draws: int) -> np.ndarray:
    """Weights (draws x clusters): Webb's six points, or signs; all signs when there are no more than ``draws``."""
    random = np.random.default_rng(seed)
    if webb:
        return random.choice(WEBB.ravel(), size=(draws, count))
    if count <= np.log2(draws):
        return 1.0 - 2.0 * ((np.arange(2**count)[:, None] >> np.arange(count)) & 1)
    return random.choice([-1.0, 1.0], size=(draws, count))


def inverted(p_value: Callable[[float], float], fit: ClusteredFit, level: float) -> tuple[float, float]:
    """Bounds of the nulls that a test does not reject at ``level``."""
    scale = fit.jackknife_error() or abs(fit.estimate) or 1.0
    return tuple(_bound(p_value, fit.estimate, step, level) for step in (-scale, scale))


def _bound(p_value: Callable[[float], float], estimate: float, step: float, level: float) -> float:
    inside, outside = estimate, estimate + 2 * step
    for _ in range(DOUBLINGS):
        if p_value(outside) < level:
            break
        inside, step = outside, 2 * step
        outside = estimate + 2 * step
    else:
        return float(np.copysign(np.inf, step))
    for _ in range(HALVINGS):
        middle = (inside + outside) / 2
        if p_value(middle) >= level:
            inside = middle
        else:
            outside = middle
    return float((inside + outside) / 2)
