"""Change between waves: invented respondents whose attrition, shift and territories are known."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from tznr_platform.errors import UserError
from tznr_platform.estimation.change import item_change, score_change
from tznr_platform.estimation.invariance import Fit, Invariance
from tznr_platform.estimation.territory_means import _reml, territory_means
from tznr_platform.estimation.verdict import NotEstimable

SCALAR = Invariance("S", ("T0", "T6"), 500, tuple(Fit(step, 10, 9, 0.99, 0.01)
                                                   for step in ("configural", "metric", "scalar")), (0.2,), "0" * 64)


def _persons(count: int = 3000, *, seed: int = 1, lost: bool = True) -> pd.DataFrame:
    """Persons of 12 territories; those met at the desk change by 1, the others by 0; the former answer less."""
    rng = np.random.default_rng(seed)
    desk = rng.random(count) < 0.5
    first = np.round(np.clip(5 + 2 * rng.normal(size=count), 0, 10))
    last = first + np.where(desk, 1.0, 0.0) + rng.integers(-1, 2, count)
    answered = rng.random(count) < np.where(desk, 0.3, 0.9) if lost else np.ones(count, dtype=bool)
    return pd.DataFrame({"territory_code": [f"T{i % 12:02d}" for i in range(count)], "first_score": first,
                         "last_score": np.where(answered, last, np.nan), "person_count": 1,
                         "situation_code": rng.choice(["seul", "famille"], count),
                         "channel_code": np.where(desk, "guichet", "aller_vers")})


def test_weights_undo_an_attrition_that_covariates_explain():
    """Without weights the change is 0.25; among all persons it is 0.5."""
    result = score_change(_persons(), "Confiance", SCALAR)
    assert result.unweighted == pytest.approx(0.25, abs=0.05)
    assert result.estimate == pytest.approx(0.5, abs=0.06)
    assert result.low < 0.5 < result.high
    assert result.effective_count < result.paired_count < result.person_count
    assert result.territory_count == 12


def test_nobody_lost_is_the_plain_mean():
    rows = _persons(lost=False)
    result = score_change(rows, "Confiance", SCALAR)
    assert result.estimate == pytest.approx((rows["last_score"] - rows["first_score"]).mean(), abs=1e-12)
    assert result.effective_count == pytest.approx(len(rows))
    assert result.tipping_delta is None
    assert result.tilts["estimate"].nunique() == 1
    by_territory = (rows["last_score"] - rows["first_score"]).groupby(rows["territory_code"])
    without = np.array([(rows["last_score"] - rows["first_score"])[rows["territory_code"] != code].mean()
                        for code in by_territory.groups])
    assert result.standard_error == pytest.approx(np.sqrt(11 / 12 * ((without - result.estimate) ** 2).sum()))


def test_counted_rows_and_narrow_types_give_the_same():
    rows = _persons()
    keys = ["territory_code", "situation_code", "channel_code", "first_score", "last_score"]
    counted = rows.groupby(keys, dropna=False, as_index=False)["person_count"].sum()
    wanted = score_change(rows, "Confiance", SCALAR)
    for same in (counted, rows.astype({"first_score": "int8", "last_score": "float32", "person_count": "int8"})):
        result = score_change(same, "Confiance", SCALAR)
        assert result.estimate == pytest.approx(wanted.estimate, abs=1e-4)
        assert result.standard_error == pytest.approx(wanted.standard_error, abs=1e-4)


def test_tilt_shifts_the_lost_until_the_sign_changes():
    result = score_change(_persons(), "Confiance", SCALAR)
    assert result.tilts["delta"].tolist() == [-0.5, -0.4, -0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3, 0.4, 0.5]
    row = result.tilts.set_index("delta").loc[-0.5]
    assert row["estimate"] == pytest.approx(result.estimate - 0.5 * result.lost_share * result.first_deviation)
    assert result.tipping_delta < -0.5
    assert result.estimate + result.tipping_delta * result.lost_share * result.first_deviation == pytest.approx(0)


def test_means_are_refused_without_scalar_invariance_but_items_are_not():
    metric = dataclasses.replace(SCALAR, fits=(*SCALAR.fits[:2], Fit("scalar", 90, 9, 0.9, 0.2)))
    assert "par item seulement" in str(score_change(_persons(), "Confiance", metric))
    unknown = NotEstimable("Confiance", "il faut au moins deux vagues et trois items.")
    assert "non établie" in str(score_change(_persons(), "Confiance", unknown))
    assert item_change(_persons(), "Confiance, item 1").paired_count > 0


def test_regression_to_the_mean_is_what_the_lowest_would_gain_anyway():
    rows = _persons(lost=False)
    rows["last_score"] = np.random.default_rng(9).permutation(rows["first_score"])
    result = item_change(rows, "Confiance")
    assert result.retest_correlation == pytest.approx(0, abs=0.06)
    lowest = rows[rows["first_score"] <= 3]
    gained = (lowest["last_score"] - lowest["first_score"]).mean()
    assert result.regression_to_mean(lowest["first_score"].mean()) == pytest.approx(gained, abs=0.25)


def test_it_explains_itself_with_the_label_of_a_change_before_and_after():
    result = score_change(_persons(), "Confiance", SCALAR)
    assert "avant/après" in result.explain() and "n'est pas imputable" in result.explain()
    assert "layer" in result.plot().to_dict()
    frame = result.to_frame()
    assert len(frame) == 1 and not frame.isna().any().any()


def test_everyone_lost_in_a_territory_is_told():
    rows = _persons()
    rows.loc[rows["territory_code"] == "T03", "last_score"] = np.nan
    result = score_change(rows, "Confiance", SCALAR)
    assert result.unfollowed_territory_count == 1
    assert "T03" not in set(result.territories.to_frame()["territory_code"])


@pytest.mark.parametrize("change", [
    {"territory_code": "T01"}, {"last_score": np.nan}, {"first_score": 3.0}, {"last_score": 3.0}, {"person_count": 0},
    {"first_score": np.nan}, {"last_score": lambda rows: rows["last_score"].where(rows["territory_code"] == "T01")}])
def test_data_that_carry_no_estimate_say_so_in_french(change: dict):
    result = score_change(_persons(300).assign(**change), "Confiance", SCALAR)
    assert isinstance(result, NotEstimable)
    assert isinstance(score_change(_persons(60), "Confiance", SCALAR, covariates=("revenu",)), NotEstimable)


def test_shrunken_means_recover_the_spread_between_territories():
    rng = np.random.default_rng(3)
    true = rng.normal(1, 0.5, 60)
    size = rng.integers(5, 60, 60)
    place = np.repeat(np.arange(60), size)
    value = true[place] + 2 * rng.normal(size=len(place))
    ones = np.ones(len(place))
    result = territory_means(place, value, count=ones, weight=ones)
    frame = result.to_frame()
    assert result.between_deviation == pytest.approx(0.5, abs=0.15)
    assert np.mean((frame["shrunken_mean"] - true) ** 2) < np.mean((frame["own_mean"] - true) ** 2)
    assert ((frame["low"] < true) & (true < frame["high"])).mean() > 0.88
    trials = np.array([-0.8893, -1.5854, -1.3481, -1.4416, -0.2175, -0.7861, -1.6209, 0.0120, -0.4694, -1.3713, -0.3394,
                       0.4459, -0.0173])
    variances = np.array([0.3256, 0.1946, 0.4154, 0.0200, 0.0512, 0.0069, 0.2230, 0.0040, 0.0564, 0.0730, 0.0124,
                          0.5325, 0.0714])
    assert _reml(trials, variances) == pytest.approx(0.3132, abs=1e-4)  # R ``metafor``, dat.bcg: tau^2 by REML
    alone = territory_means(np.zeros(4), np.arange(4.0), count=np.ones(4), weight=np.ones(4))
    assert (alone.mean, alone.between_deviation) == (1.5, 0.0)


def test_scores_in_words_stop_and_an_infinite_one_is_said():
    with pytest.raises(UserError, match="pas des nombres"):
        score_change(_persons(100).assign(first_score="haut"), "Confiance", SCALAR)
    assert "infini" in score_change(_persons(100).assign(first_score=np.inf), "Confiance", SCALAR).reason
