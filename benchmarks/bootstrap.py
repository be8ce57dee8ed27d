"""The wild cluster bootstrap of one coefficient, against wildboottest on the same rows in the same run.

Here: the platform's side. Not here: the rival's call and the data (``rivals``), the comparison (``group_time.sides``).
195 clusters, 39 of them treated, 6 columns; the null is imposed on both sides; the rival is warmed up beforehand.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from benchmarks import rivals
from benchmarks.group_time import sides

NAMES = ("wildboottest",)


def platform(rows: int, _: int, draws: int) -> Callable[[], dict]:
    """The platform's call, ready to be timed: from the rows to the p-value."""
    from tznr_platform.estimation.clusters import ClusteredFit

    outcome, design, clusters = rivals.clustered(rows)

    def call() -> dict:
        fit = ClusteredFit.of(outcome, design, clusters, 1)
        return {"overall": fit.wild_bootstrap(seed=rivals.SEED, draws=draws).p_value()}

    return call


def compare(rows: int, draws: int) -> str:
    """A line a side: seconds, ratio to the platform's, peak, the p-value."""
    return sides("benchmarks.bootstrap", NAMES, (rows, 0, draws))


if __name__ == "__main__":
    sys.stdout.write(rivals.timed(platform(*map(int, sys.argv[1:]))))
