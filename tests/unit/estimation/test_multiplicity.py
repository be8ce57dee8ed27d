"""Families of tests and unmeasured confounders, at their published values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tznr_platform.errors import UserError
from tznr_platform.estimation.confounding import e_value, risk_ratio_of_difference
from tznr_platform.estimation.multiplicity import CORRECTIONS, adjusted_p_values

BENJAMINI_HOCHBERG_1995 = [.0001, .0004, .0019, .0095, .0201, .0278, .0298, .0344, .0459, .3240, .4262, .5719, .6528,
                           .7590, 1]


@pytest.mark.parametrize(("correction", "rejections"), [
    ("none", 9), ("bonferroni", 3), ("holm", 3), ("benjamini_hochberg", 4), ("benjamini_yekutieli", 3)])
def test_published_rejections(correction, rejections):
    assert (adjusted_p_values(BENJAMINI_HOCHBERG_1995, correction) <= 0.05).sum() == rejections


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


@pytest.mark.parametrize("arguments", [(0,), (-1,), (2, 2.5), (2, 1, 1.5)])
def test_impossible_ratios_stop(arguments):
    with pytest.raises(UserError):
        e_value(*arguments)


def test_ratio_of_a_difference():
    assert risk_ratio_of_difference(0.6, 0.4) == pytest.approx(1.5)
    with pytest.raises(UserError):
        risk_ratio_of_difference(0.6, 0)
