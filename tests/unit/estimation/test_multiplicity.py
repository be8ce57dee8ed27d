"""Families of tests and unmeasured confounders, at their published values."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tznr_platform.errors import UserError
from tznr_platform.estimation.confounding import e_value, proportional_selection, risk_ratio_of_difference
from tznr_platform.estimation.design import load_design
from tznr_platform.estimation.multiplicity import CORRECTIONS, adjusted_by_family, adjusted_p_values
from tznr_platform.estimation.verdict import NotEstimable

BENJAMINI_HOCHBERG_1995 = [.0001, .0004, .0019, .0095, .0201, .0278, .0298, .0344, .0459, .3240, .4262, .5719, .6528,
                           .7590, 1]


@pytest.mark.parametrize(("correction", "rejections"), [
    ("none", 9), ("bonferroni", 3), ("holm", 3), ("benjamini_hochberg", 4), ("benjamini_yekutieli", 3)])
def test_published_rejections(correction, rejections):
    assert (adjusted_p_values(BENJAMINI_HOCHBERG_1995, correction) <= 0.05).sum() == rejections


def test_hochberg_on_five_p_values():
    """``p.adjust`` of R on 0.01 to 0.05: Holm 0.05, 0.08, 0.09, 0.09, 0.09; Hochberg and Benjamini-Hochberg 0.05."""
    values = [0.01, 0.02, 0.03, 0.04, 0.05]
    assert adjusted_p_values(values, "holm") == pytest.approx([0.05, 0.08, 0.09, 0.09, 0.09])
    for correction in ("hochberg", "benjamini_hochberg"):
        assert adjusted_p_values(values, correction) == pytest.approx([0.05] * 5)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.sampled_from(sorted(CORRECTIONS)))
def test_adjusting_never_helps_and_keeps_the_order(p_values, correction):
    adjusted = adjusted_p_values(p_values, correction)
    assert (adjusted >= np.array(p_values) - 1e-12).all() and (adjusted <= 1).all()
    order = np.argsort(p_values, kind="stable")
    assert (np.diff(adjusted[order]) >= -1e-12).all()


@pytest.mark.parametrize(("p_values", "correction"), [([0.1], "fdr"), ([1.1], "holm"), ([float("nan")], "holm")])
def test_unknown_correction_or_impossible_value_stops(p_values, correction):
    with pytest.raises(UserError):
        adjusted_p_values(p_values, correction)


def test_published_e_values():
    found = e_value(3.9, low=1.8, high=8.7)
    assert (found.point, found.limit) == (pytest.approx(7.2630, abs=1e-4), pytest.approx(3.0))
    assert "7,26" in found.explain()


def test_an_e_value_below_one_is_that_of_the_inverse():
    assert e_value(1 / 3.9).point == pytest.approx(e_value(3.9).point)
    assert e_value(0.5, 0.3, 0.8).limit == pytest.approx(e_value(1 / 0.8).point)


def test_an_interval_that_holds_one_needs_no_confounder():
    assert e_value(1.4, 0.9, 2.0).limit == e_value(0.8, 0.5, 1.1).limit == 1
    assert e_value(1.0).point == 1


@pytest.mark.parametrize(("ratio", "low", "high", "point", "limit"), [
    (10.73, 8.02, 14.36, 20.95, 15.5), (0.80, 0.71, 0.91, 1.81, 1.43)])
def test_e_values_of_the_tutorial(ratio, low, high, point, limit):
    """VanderWeele and Ding (2017): smoking and lung cancer (Hammond and Horn 1958), a protective factor."""
    found = e_value(ratio, low, high)
    assert (round(found.point, 2), round(found.limit, 1 if ratio > 1 else 2)) == (point, limit)


@pytest.mark.parametrize("arguments", [(0,), (-1,), (2, 2.5), (2, 1, 1.5), (float("nan"),), (2, 1, float("nan"))])
def test_impossible_ratios_stop(arguments):
    with pytest.raises(UserError):
        e_value(*arguments)


def test_ratio_of_a_difference():
    assert risk_ratio_of_difference(0.6, 0.4) == pytest.approx(1.5)
    with pytest.raises(UserError):
        risk_ratio_of_difference(0.6, 0)


def test_families_are_corrected_apart_and_what_was_not_estimated_is_no_test():
    """Holm of 0.01 and 0.04 among two: 0.02, 0.04; the third, not estimated, does not count; the last is alone."""
    tests = pd.DataFrame({"family_code": ["access_primary"] * 3 + ["retention"], "p_value": [0.01, 0.04, None, 0.03]})
    found = adjusted_by_family(tests, load_design())["adjusted_p_value"]
    assert found.dropna().tolist() == pytest.approx([0.02, 0.04, 0.03]) and found.isna().tolist()[2]
    with pytest.raises(UserError, match="Famille"):
        adjusted_by_family(tests.assign(family_code="invented"), load_design())


def test_selection_on_the_unseen_as_strong_as_on_the_seen_is_a_delta_of_one():
    """w and u, alike and independent, push treatment and outcome equally; the effect is nothing: delta must be 1.

    Oster's delta is measured with the R² that w, u and the treatment reach together (2 / 2.25).
    """
    random = np.random.default_rng(0)
    w, u = random.normal(size=(2, 400_000))
    treated, outcome = 0.5 * (w + u) + random.normal(size=400_000), w + u + 0.5 * random.normal(size=400_000)
    reached = proportional_selection(outcome, treated, w[:, None], factor=1).largest_r2
    found = proportional_selection(outcome, treated, w[:, None], factor=2 / 2.25 / reached)
    assert found.delta == pytest.approx(1, abs=0.02) and found.uncontrolled > found.controlled > 0
    assert "1," in found.explain() or "0,9" in found.explain()


def test_collinear_covariates_have_no_delta():
    one = np.ones(10)
    for outcome, covariates in ((np.arange(10.0), np.column_stack([one, one])), (one, np.arange(10.0)[:, None]),
                                (np.append(np.arange(9.0), np.nan), np.arange(10.0)[:, None])):
        assert isinstance(proportional_selection(outcome, np.arange(10) % 2, covariates), NotEstimable)
    with pytest.raises(UserError):
        proportional_selection(np.arange(10.0), np.arange(10) % 2, one[:, None], factor=0)
