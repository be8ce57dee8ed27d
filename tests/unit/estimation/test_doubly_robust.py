"""Doubly robust effects: the experiment of NSW found again among other people, and one model wrong at a time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tznr_platform.errors import UserError
from tznr_platform.estimation.doubly_robust import DoublyRobust, doubly_robust_effect
from tznr_platform.estimation.verdict import NotEstimable

COVARIATES = ("age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75")


def drawn(count: int = 20_000) -> pd.DataFrame:
    """Effect of 1; u confounds through its exponential: linear models of the outcome are wrong, the logit is right."""
    random = np.random.default_rng(4)
    u = np.clip(random.normal(size=count), -2, 2)
    treated = random.random(count) < 1 / (1 + np.exp(-u))
    y = treated + np.exp(u) + random.normal(size=count)
    return pd.DataFrame({"u": u, "v": np.exp(u), "d": treated * 1, "y": y})


def test_the_experiment_is_found_again_among_other_people(shared_data):
    """NSW treated against CPS: the naive difference is -8,498, the experiment says 1,794 (672)."""
    folder = shared_data / "reference" / "nsw"
    nsw, cps = (pd.read_csv(folder / name) for name in ("nsw_mixtape.csv", "cps_mixtape.csv"))
    experiment = doubly_robust_effect(nsw, "re78", "treat", COVARIATES)
    rows = pd.concat([nsw[nsw["treat"] == 1], cps], ignore_index=True)
    rows = rows.assign(u74=rows["re74"] == 0, u75=rows["re75"] == 0)
    found = doubly_robust_effect(rows, "re78", "treat", (*COVARIATES, "u74", "u75"))
    assert experiment.low < 1794.34 < experiment.high and found.low < 1794.34 < found.high
    assert found.estimate == pytest.approx(1794.34, abs=500) and found.treated_count == 185


@pytest.mark.parametrize("target", ["treated", "all"])
@pytest.mark.parametrize("covariate", ["u", "v"])
def test_one_right_model_is_enough(target, covariate):
    """With u the propensity is right, with v the outcome is: both give 1, where the difference gives more than 2."""
    frame = drawn()
    assert frame.groupby("d")["y"].mean().diff().iloc[1] > 2
    found = doubly_robust_effect(frame, "y", "d", (covariate,), target=target)
    assert found.estimate == pytest.approx(1, abs=0.1) and found.low < found.estimate < found.high


def test_trees_need_no_shape():
    found = doubly_robust_effect(drawn(8_000), "y", "d", ("u",), learner="boosting")
    assert found.estimate == pytest.approx(1, abs=0.15)


def test_the_error_covers_one_time_in_twenty_too_little():
    """Clusters with an effect of their own: the interval holds the truth about 19 times in 20."""
    held = 0
    for seed in range(40):
        random = np.random.default_rng(seed)
        cluster = np.repeat(np.arange(20), 40)
        x = random.normal(size=800)
        d = (random.random(800) < 1 / (1 + np.exp(-x))) * 1
        y = d * (1 + random.normal(size=20)[cluster]) + x + random.normal(size=800)
        frame = pd.DataFrame({"y": y, "d": d, "x": x, "g": cluster})
        found = doubly_robust_effect(frame, "y", "d", ("x",), clusters="g", folds=2)
        held += found.low < 1 < found.high
    assert held >= 35


def test_small_types_and_the_seed_give_the_same_answer():
    frame = drawn(3_000)
    frame["age"] = (frame["u"] * 10).round()
    packed = frame.astype({"d": "int8", "age": "int8"})
    assert doubly_robust_effect(packed, "y", "d", ("age",)) == doubly_robust_effect(frame, "y", "d", ("age",))


@pytest.mark.parametrize(("change", "word"), [
    ({"y": [1.0] * 3 + [np.nan] * 37}, "manque"), ({"d": [1] * 40}, "comparaison"), ({"d": [2, 0] * 20}, "0 ou 1"),
    ({"x": [0.0] * 20 + [1e6] * 20, "d": [0] * 20 + [1] * 20}, "recouvrement"), ({"g": [1] * 40}, "grappe"),
    ({"g": [np.nan] + [1] * 39}, "grappe"), ({"y": 1.0}, "même valeur")])
def test_what_cannot_be_estimated_says_why(change, word):
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"y": random.normal(size=40), "d": [0, 1] * 20, "x": random.normal(size=40),
                          "g": np.arange(40) % 8} | change)
    found = doubly_robust_effect(frame, "y", "d", ("x",), clusters="g")
    assert isinstance(found, NotEstimable) and word in found.reason


def test_nobody_is_not_estimable_and_an_unknown_target_stops():
    frame = pd.DataFrame({"y": [], "d": [], "x": []})
    assert isinstance(doubly_robust_effect(frame, "y", "d", ("x",)), NotEstimable)
    with pytest.raises(UserError):
        doubly_robust_effect(frame, "y", "d", ("x",), target="controls")
    with pytest.raises(UserError, match="Découpage"):
        doubly_robust_effect(frame, "y", "d", ("x",), folds=1)


def test_it_speaks_french():
    found = doubly_robust_effect(drawn(2_000), "y", "d", ("u",))
    assert isinstance(found, DoublyRobust) and "Effet moyen" in found.explain()
    assert found.to_frame().loc[0, "low"] == found.low and found.plot().to_dict()
