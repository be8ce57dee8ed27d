"""Monthly target trials: 3, 6 and 12 months, by channel, on a population of known truth, in a fresh process.

Here: the cases, the job and the report. No rival: no package stacks monthly trials with weights and adjustment; the
target is of issue 5. Not here: whether the answer is right (unit tests), the command line (``__main__``).
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from benchmarks.measure import run

TARGET_SECONDS, TARGET_MIB, MONTHS, FIRST, LAST = 120, 4096, 36, 6, 24
CASES = {
    "strata": "exact strata alone",
    "profile": "logistic, four covariates by classes (288 profiles)",
    "continuous": "logistic, the same and an income: a profile a person",
    "trees": "boosting, four covariates by classes",
}


def compare(persons: int, folder: Path) -> str:
    """Every case in its own process; the report gives what each costs against the target."""
    lines = [f"{persons} persons x {MONTHS} months, trials of months {FIRST} to {LAST - 1}, two channels, 3 horizons:"]
    for case, title in CASES.items():
        log = folder / "logs" / f"trials_{case}.txt"
        cost = run([sys.executable, "-m", "benchmarks.trials", str(persons), case], log)
        lines.append(f"  {title:<55} {cost.wall / TARGET_SECONDS:.2f} of {TARGET_SECONDS} s, "
                     f"{cost.peak / TARGET_MIB:.2f} of {TARGET_MIB} MiB: {cost}")
    return "\n".join(lines)


def job(persons: int, case: str) -> None:
    """Estimate one case and print the effects; the population is drawn first and counts in the cost."""
    from tznr_platform.estimation.panel import AccessPanel
    from tznr_platform.estimation.trials import by_channel
    from tznr_platform.synthetic.natural_take_up import natural_take_up

    drawn = natural_take_up(persons, seed=1, with_eager=True)
    random = np.random.default_rng(1)
    age, is_open = drawn.eligible_months[:, :MONTHS], drawn.is_open[:, :MONTHS]
    stratum = np.where(age < 0, -1, 2 * np.minimum(age, 24) + is_open).astype(np.int16)
    classes = [drawn.is_eager, *(random.integers(0, kinds, persons) for kinds in (6, 6, 4))]
    covariates = {"strata": None, "continuous": np.column_stack([*classes, random.gamma(2, 400, persons)])}.get(
        case, np.column_stack(classes))
    channel = np.where(random.random(persons) < 0.6, "aller_vers", "guichet")
    panel = AccessPanel.of(drawn.contact_month, is_open, stratum, random.integers(0, 39, persons),
                           covariates=covariates, channel=channel)
    learner = "boosting" if case == "trees" else "logistic"
    found = by_channel(panel, range(FIRST, LAST), (3, 6, 12), learner=learner)
    for effects in found.values():
        for effect in effects:
            print(effect.explain())  # noqa: T201


if __name__ == "__main__":
    job(int(sys.argv[1]), sys.argv[2])
