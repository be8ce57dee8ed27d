"""Bands that hold a whole path of effects at once: the multiplier bootstrap of influence functions.

Here: draws of all estimates together for many independent units (Callaway and Sant'Anna 2021, section 4.1). Not here:
few clusters, for which these bands are too narrow (``clusters``); the influence functions (``group_time``).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from tznr_platform.estimation.nuisance import one_thread
from tznr_platform.estimation.verdict import NotEstimable
from tznr_platform.french import number, share

DRAWS, LEVEL = 1_000, 0.05
FEWEST_UNITS = 50
BLOCK = 50
NORMAL_QUARTILES = 1.3489795003921634


@dataclass(frozen=True, eq=False)
class Band:
    """Estimates with bounds that all hold together, at 1 - ``level``; ``critical``: number of standard errors.

    An estimate that does not vary (a reference period) has bounds equal to itself.
    """

    estimates: np.ndarray
    standard_errors: np.ndarray = field(repr=False)
    critical: float
    level: float

    def to_frame(self) -> pd.DataFrame:
        """One row an estimate, in their order."""
        reach = self.critical * self.standard_errors
        return pd.DataFrame({"estimate": self.estimates, "low": self.estimates - reach,
                             "high": self.estimates + reach})

    def explain(self) -> str:
        """French sentence that may be printed under the figure."""
        return (f"Bande simultanée à {share(1 - self.level, 0)} : toutes les valeurs à la fois, à "
                f"{number(self.critical, 2)} erreurs types.")

    def plot(self):
        """Altair chart: every estimate with its bounds, in their order."""
        from tznr_platform.estimation.interval_chart import interval_chart

        rows = self.to_frame().assign(label=[str(rank + 1) for rank in range(len(self.estimates))])
        return interval_chart(rows, label="label", value="estimate", low="low", high="high", axis="Effet",
                              title=self.explain())


def simultaneous_band(estimates: np.ndarray, influence: np.ndarray, is_treated: np.ndarray, *, seed: int,
                      draws: int = DRAWS, level: float = LEVEL) -> Band | NotEstimable:
    """Band of estimates (m) whose influence functions are the columns (n units x m); ``is_treated``: n.

    Fewer than 50 units on one side: not estimable, few clusters need their own inference. Standard errors come from the
    quartiles of the draws. Same seed, same bytes, on any number of threads.
    """
    fewest = int(min(is_treated.sum(), (~is_treated).sum()))
    moving = influence.any(axis=0)
    if fewest < FEWEST_UNITS or not moving.any():
        return NotEstimable("bande simultanée", f"{fewest} unités seulement d'un côté de la comparaison")
    drawn = multiplier_draws(influence[:, moving], seed=seed, draws=draws)
    low, high = np.quantile(drawn, [0.25, 0.75], axis=0)
    spread = (high - low) / NORMAL_QUARTILES
    errors = np.zeros(len(estimates))
    errors[moving] = spread
    return Band(np.asarray(estimates, float), errors,
                float(np.quantile(np.abs(drawn / spread).max(axis=1), 1 - level)), level)


def multiplier_draws(influence: np.ndarray, *, seed: int, draws: int = DRAWS) -> np.ndarray:
    """Draws (draws x m) of the errors of estimates: each unit's influence is kept or turned round, at random."""
    rows = np.ascontiguousarray(influence)
    seeds = np.random.SeedSequence(seed).spawn(-(-draws // BLOCK))

    def block(rank: int) -> np.ndarray:
        count = min(BLOCK, draws - rank * BLOCK)
        random = np.random.default_rng(seeds[rank])
        bits = np.unpackbits(np.frombuffer(random.bytes(-(-count * len(rows) // 8)), np.uint8))[:count * len(rows)]
        return (2.0 * bits.reshape(count, -1) - 1.0) @ rows

    with one_thread(), ThreadPoolExecutor() as pool:
        return np.concatenate(list(pool.map(block, range(len(seeds))))) / len(rows)
