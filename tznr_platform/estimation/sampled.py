"""Quantities with their sampling error, as the cost analyses take them: openings, events avoided.

Here: one record and how it is drawn. Not here: how the quantity was estimated (``trials``, marts).
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from tznr_platform.errors import UserError
from tznr_platform.estimation.verdict import NotEstimable


@dataclass(frozen=True)
class Sampled:
    """An estimate and the error of its clusters, drawn from Student's law with clusters - 1 degrees.

    ``cluster_count`` is 0 for a normal law, or for a quantity that is known (``standard_error`` 0).
    """

    estimate: float
    standard_error: float
    cluster_count: int = 0

    def __post_init__(self) -> None:
        numbers = np.array([self.estimate, self.standard_error], dtype=float)
        if not np.isfinite(numbers).all() or self.standard_error < 0 or self.cluster_count in (-1, 1):
            raise UserError("Une quantité n'a pas d'erreur d'échantillonnage.", where="coûts évités",
                            why="il faut un nombre, une erreur positive ou nulle et au moins deux grappes",
                            remedy="ne pas chiffrer cette quantité")

    @classmethod
    def of_effect(cls, effect: float, standard_error: float, *, cluster_count: int, person_count: int) -> Sampled:
        """Additional openings among ``person_count`` persons met, from an effect in share of persons."""
        return cls(effect * person_count, standard_error * person_count, cluster_count)

    @property
    def interval(self) -> tuple[float, float]:
        """95 %."""
        margin = critical_value(self.cluster_count) * self.standard_error
        return self.estimate - margin, self.estimate + margin

    def quantiles(self, shares: np.ndarray) -> np.ndarray:
        """Values below which these shares of the draws lie."""
        from scipy.stats import norm, t

        law = t(self.cluster_count - 1) if self.cluster_count else norm
        return self.estimate + self.standard_error * law.ppf(shares)


def total_over_territories(subject: str, by_territory: np.ndarray) -> Sampled | NotEstimable:
    """A total and the jackknife error of a sum of independent territories (N values, missing ones left out)."""
    values = np.asarray(by_territory, dtype=float)
    values = values[np.isfinite(values)]
    if len(values) < 2:
        return NotEstimable(subject, "moins de deux territoires ont établi cette quantité.")
    return Sampled(float(values.sum()), float(np.sqrt(len(values)) * values.std(ddof=1)), len(values))


def critical_value(cluster_count: int) -> float:
    """97.5 % point of Student's law with clusters - 1 degrees, of the normal law when there are no clusters."""
    from scipy.stats import t

    return float(t.ppf(0.975, cluster_count - 1)) if cluster_count else NormalDist().inv_cdf(0.975)
