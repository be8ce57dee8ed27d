"""How often a true hypothesis is rejected at 5 %, with unequal clusters and few treated ones.

Here: the simulation behind the table of docs/estimation.md. « Platform » is the test that ``clusters.infer`` chooses by
itself; the other columns say why it does: ordinary clustered errors (which the platform does not offer), the jackknife
error with Student's law. Clusters of 5 to 250 rows share an effect; who is treated is drawn at random (or the largest).
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from itertools import repeat

import numpy as np

from tznr_platform.estimation.clusters import FEWEST_TREATED, ClusteredFit

LEVEL, DRAWS = 0.05, 399
CASES = ((4, 35), (5, 34), (6, 33), (8, 31), (11, 28), (16, 23), (20, 19), (28, 11), (39, 39), (39, 120), (39, 156))
COLUMNS = ("platform", "jackknife", "ordinary", "ordinary, normal")


def sizes(random: np.random.Generator, count: int) -> np.ndarray:
    """Rows of each cluster, from 5 to 250, most of them small."""
    return np.clip(np.exp(random.normal(3.3, 0.9, count)), 5, 250).astype(int)


def case(treated: int, compared: int, *, largest: bool, replications: int, seed: int) -> np.ndarray:
    """Share of true hypotheses rejected by each test of ``COLUMNS``."""
    random, count = np.random.default_rng([seed, treated, compared, largest]), treated + compared
    rejected = np.zeros(len(COLUMNS))
    for replication in range(replications):
        rows = sizes(random, count)
        rows = np.sort(rows)[::-1] if largest else rows
        clusters = np.repeat(np.arange(count), rows)
        is_treated = (clusters < treated).astype(float)
        outcome = random.normal(0, 0.5, count)[clusters] + random.normal(size=len(clusters))
        fit = ClusteredFit.of(outcome, np.column_stack([np.ones(len(clusters)), is_treated]), clusters, 1)
        rejected += _tests(fit, treated, replication)
    return rejected / replications


def _tests(fit: ClusteredFit, treated: int, seed: int) -> np.ndarray:
    from scipy.stats import norm, t

    few = min(treated, fit.cluster_count - treated) < FEWEST_TREATED
    test = fit.deals(seed=seed, draws=DRAWS) if few else fit.wild_bootstrap(seed=seed, draws=DRAWS)
    own = (fit.moments - fit.grams @ fit.coefficients) @ fit.bread[1]
    ordinary = np.sqrt((own**2).sum() * fit.cluster_count / (fit.cluster_count - 1))
    student = t.ppf(1 - LEVEL / 2, fit.cluster_count - 1)
    distance = abs(fit.estimate)
    return np.array([test.p_value() < LEVEL, distance > student * fit.jackknife_error(),
                     distance > student * ordinary, distance > norm.ppf(1 - LEVEL / 2) * ordinary], float)


def table(replications: int, seed: int = 1) -> str:
    """The Markdown table: a row a number of treated and compared clusters, in percent."""
    from os import cpu_count

    rows = [(*pair, largest) for pair in CASES for largest in (False, True)]
    with ProcessPoolExecutor(cpu_count()) as pool:
        found = list(pool.map(_row, rows, repeat(replications), repeat(seed)))
    lines = ["| treated / compared | treated are | " + " | ".join(COLUMNS) + " |", "|---|---|" + "---|" * len(COLUMNS)]
    for (treated, compared, largest), shares in zip(rows, found, strict=True):
        cells = " | ".join(f"{100 * share:.1f}" for share in shares)
        lines.append(f"| {treated} / {compared} | {'the largest' if largest else 'any'} | {cells} |")
    error = 100 * np.sqrt(LEVEL * (1 - LEVEL) / replications)
    return "\n".join([*lines, f"\n{replications} replications a row: Monte Carlo error {error:.1f} points."])


def _row(row: tuple[int, int, bool], replications: int, seed: int) -> np.ndarray:
    treated, compared, largest = row
    return case(treated, compared, largest=largest, replications=replications, seed=seed)
