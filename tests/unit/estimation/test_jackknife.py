"""Jackknife of effects by cohort: the known variance of a difference of means, cohorts that one cluster carries."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tznr_platform.estimation.clusters import ClusteredFit
from tznr_platform.estimation.group_time import group_time_effects
from tznr_platform.estimation.honest_trends import EventStudy, honest_trends
from tznr_platform.estimation.jackknife import JackknifedAggregate, jackknife
from tznr_platform.estimation.verdict import NotEstimable

OPTIONS = {"outcome": "y", "unit": "u", "period": "t", "cohort": "g"}


def world(cohorts: list[int], periods: int = 6, effect: float = 1.0, seed: int = 1) -> pd.DataFrame:
    random, count = np.random.default_rng(seed), len(cohorts)
    frame = pd.DataFrame({"u": np.repeat(np.arange(count), periods), "t": np.tile(np.arange(periods), count),
                          "g": np.repeat(cohorts, periods), "y": random.normal(size=count * periods) / 5})
    return frame.assign(y=frame["y"] + effect * ((frame["g"] > 0) & (frame["t"] >= frame["g"])))


def test_one_cohort_one_period_is_the_clustered_fit():
    frame = world([3] * 7 + [0] * 9, periods=4)
    found = jackknife(frame, "simple", cluster="u", **OPTIONS)
    wide = frame.pivot(index="u", columns="t", values="y")
    treated = np.arange(16) < 7
    fit = ClusteredFit.of((wide[3] - wide[2]).to_numpy(), np.column_stack([np.ones(16), treated]), np.arange(16), 1)
    assert found.to_frame()[["estimate", "standard_error"]].iloc[0].tolist() == pytest.approx(
        [fit.estimate, fit.jackknife_error()])
    assert "jackknife sur 16" in found.explain() and found.plot() is not None


def test_staggered_starts_feed_the_sensitivity():
    found = jackknife(world([3] * 6 + [4] * 6 + [0] * 12), "dynamic", cluster="u", base="universal", control="not_yet",
                      **OPTIONS)
    study = found.event_study()
    assert isinstance(study, EventStudy) and study.effect == pytest.approx(1, abs=0.3)
    assert honest_trends(study, "relative_magnitude", (0.5,)).lows[0] > 0


def test_a_cohort_of_one_cluster_has_no_error_of_its_own():
    found = jackknife(world([3] * 6 + [4] + [0] * 9), "group", cluster="u", **OPTIONS)
    assert isinstance(found, JackknifedAggregate) and found.parts == (None, 3.0)
    assert isinstance(jackknife(world([3] + [0] * 9), "simple", cluster="u", **OPTIONS), NotEstimable)
    assert isinstance(jackknife(world([0] * 9), "simple", cluster="u", **OPTIONS), NotEstimable)


def test_few_units_show_no_ordinary_error():
    effects = group_time_effects(world([3] * 12 + [0] * 30), **OPTIONS)
    assert effects.to_frame()["standard_error"].isna().all()
    assert effects.aggregate("dynamic").to_frame()["standard_error"].isna().all()
