"""Means by territory, shrunken towards the whole: what each territory's own answers are worth.

Here: a random-effects model of territory means. Not here: the national estimate (``change``). Territories are listed by
code: a shrunken mean is no rank, and no league table is drawn from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd

TWO_SIDED_95 = NormalDist().inv_cdf(0.975)
FRAME_TYPES = {"territory_code": "string", "own_mean": "float64", "shrunken_mean": "float64", "low": "float64",
               "high": "float64", "effective_count": "float64"}


@dataclass(frozen=True, eq=False)
class TerritoryMeans:
    """``between_deviation``: spread of true territory means (REML); ``mean``: their centre, with its standard error.

    ``frame``: a row a territory with at least one observation, by code: its own mean, its shrunken mean and interval.
    """

    mean: float
    standard_error: float
    between_deviation: float
    frame: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """One row a territory."""
        return self.frame.copy()


def territory_means(territory: np.ndarray, value: np.ndarray, *, count: np.ndarray,
                    weight: np.ndarray) -> TerritoryMeans:
    """Random territory effects in two steps: weighted means of territories, then their spread by REML.

    ``territory``, ``value``, ``count`` of persons and ``weight`` of each: N rows. The variance within territories is
    pooled; a territory counts for its effective number of persons (Kish). With the value a change between two waves it
    is the mixed model wave x territory. Source: Raudenbush and Bryk (2002), ch. 3.
    """
    codes, place = np.unique(territory, return_inverse=True)
    total = np.bincount(place, count * weight)
    own = np.bincount(place, count * weight * value) / total
    effective = total**2 / np.bincount(place, count * weight**2)
    people = count.sum()
    spread = (count * weight) @ (value - own[place]) ** 2 / total.sum()
    noise = np.maximum(spread * people / max(people - len(codes), 1) / effective, 1e-12)
    between = _reml(own, noise)
    trust = 1 / (between + noise)
    centre, error = float(trust @ own / trust.sum()), float(np.sqrt(1 / trust.sum()))
    kept = between * trust
    shrunken = kept * own + (1 - kept) * centre
    margin = TWO_SIDED_95 * np.sqrt(kept * noise + ((1 - kept) * error) ** 2)
    frame = pd.DataFrame({"territory_code": codes, "own_mean": own, "shrunken_mean": shrunken, "low": shrunken - margin,
                          "high": shrunken + margin, "effective_count": effective}).astype(FRAME_TYPES)
    return TerritoryMeans(centre, error, float(np.sqrt(between)), frame)


def _reml(own: np.ndarray, noise: np.ndarray) -> float:
    """Variance between means that maximises the restricted likelihood; zero with a single mean."""
    from scipy.optimize import minimize_scalar

    if len(own) < 2:
        return 0.0

    def loss(between: float) -> float:
        trust = 1 / (between + noise)
        gap = own - trust @ own / trust.sum()
        return float(trust @ gap**2 - np.log(trust).sum() + np.log(trust.sum()))

    largest = 4 * float(own.var(ddof=1)) + 1e-12
    found = minimize_scalar(loss, bounds=(0, largest), method="bounded", options={"xatol": 1e-10 * largest})
    return float(found.x) if found.fun < loss(0.0) else 0.0
