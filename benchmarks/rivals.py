"""The named rivals of estimation, each in a fresh process; nothing of the platform.

``python benchmarks/rivals.py NAME SIZE PERIODS DRAWS`` prints one JSON line: seconds without imports and without making
the data, peak memory, what was estimated. Here: the calls of csdid, differences, wildboottest, and the data that both
sides make from one seed. Not here: the platform's side (``group_time``, ``bootstrap``).
"""

from __future__ import annotations

import json
import resource
import sys
import time
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd

COHORTS, EFFECT, SEED = (14, 18, 22, 26, 30, 34), 0.3, 1
CLUSTERS, COLUMNS = 195, 6


def panel(units: int, periods: int) -> pd.DataFrame:
    """Units x periods rows: random walks, six cohorts, two units in five never treated, an effect of 0.3."""
    random = np.random.default_rng(SEED)
    cohorts = [cohort for cohort in COHORTS if cohort < periods]
    start = random.choice([0, *cohorts], size=units, p=[0.4, *[0.6 / len(cohorts)] * len(cohorts)])
    time_axis = np.arange(1, periods + 1)
    outcome = random.normal(size=(units, 1)) + random.normal(size=(units, periods)).cumsum(axis=1) / 10
    outcome += EFFECT * ((start[:, None] > 0) & (time_axis >= start[:, None]))
    return pd.DataFrame({"unit": np.repeat(np.arange(units), periods), "period": np.tile(time_axis, units),
                         "outcome": outcome.ravel(), "cohort": np.repeat(start, periods)})


def clustered(rows: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Outcome, design (a constant, a treatment by cluster, covariates) and clusters, 39 of 195 treated."""
    random = np.random.default_rng(SEED)
    clusters = np.sort(random.integers(0, CLUSTERS, rows))
    treated = (clusters < 39).astype(float)
    design = np.column_stack([np.ones(rows), treated, random.normal(size=(rows, COLUMNS - 2))])
    return 0.2 * treated + random.normal(size=CLUSTERS)[clusters] / 2 + random.normal(size=rows), design, clusters


def timed(call: Callable[[], dict]) -> str:
    """The JSON line of one call."""
    start = time.monotonic()
    found = call()
    seconds = time.monotonic() - start
    return json.dumps({"seconds": seconds, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, **found})


def csdid(units: int, periods: int, draws: int) -> Callable[[], dict]:
    from csdid.att_gt import ATTgt

    rows = panel(units, periods).astype({"cohort": float})

    def call() -> dict:
        effects = ATTgt(yname="outcome", tname="period", idname="unit", gname="cohort", data=rows, biters=draws,
                        control_group="nevertreated", cband=True).fit(est_method="dr", bstrap=True)
        effects.aggte("dynamic", biters=draws, bstrap=True, cband=True)
        return {"overall": float(effects.atte["overall_att"])}

    return call


def differences(units: int, periods: int, draws: int) -> Callable[[], dict]:
    from differences import ATTgt

    rows = panel(units, periods)
    rows["cohort"] = rows["cohort"].where(rows["cohort"] > 0)
    rows = rows.set_index(["unit", "period"])

    def call() -> dict:
        effects = ATTgt(rows, cohort_column="cohort").fit("outcome", est_method="dr", boot_iterations=draws,
                                                          random_state=SEED, progress_bar=False)
        found = effects.aggregate("event", overall=True, boot_iterations=draws, random_state=SEED)
        return {"overall": float(np.ravel(found.to_numpy())[0])}

    return call


def wildboottest(rows: int, _: int, draws: int) -> Callable[[], dict]:
    from wildboottest.wildboottest import WildboottestCL

    outcome, design, clusters = clustered(rows)
    restriction = np.eye(COLUMNS)[1]

    def call(count: int = draws) -> dict:
        test = WildboottestCL(X=design, Y=outcome, cluster=clusters, R=restriction, B=count, seed=SEED, parallel=True)
        test.get_scores(bootstrap_type="11", impose_null=True)
        test.get_weights(weights_type="rademacher")
        test.get_numer()
        test.get_denom()
        test.get_tboot()
        test.get_vcov()
        test.get_tstat()
        test.get_pvalue(pval_type="two-tailed")
        return {"overall": float(test.pvalue)}

    call(99)
    return call


RIVALS = {"csdid": csdid, "differences": differences, "wildboottest": wildboottest}

if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    name, size, periods, draws = sys.argv[1], *map(int, sys.argv[2:])
    sys.stdout.write("\n" + timed(RIVALS[name](size, periods, draws)))
