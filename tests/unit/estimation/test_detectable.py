"""The verdict « non identifiable »: sizes of methods F5, and what is printed instead of a coefficient."""

from __future__ import annotations

import pytest

from tznr_platform.errors import UserError
from tznr_platform.estimation.detectable import (
    Detectable,
    detectable,
    maximum_possible_effect,
    minimum_detectable_effect,
    or_not_identifiable,
)
from tznr_platform.estimation.verdict import NotEstimable

CASE = {"kept_entitlements": 150, "stock": 8_000, "treated_count": 39, "comparison_count": 156}


@pytest.mark.parametrize(("deviation", "percent"), [(0.03, 1.5), (0.05, 2.5)])
def test_sizes_are_those_of_the_design(deviation, percent):
    found = detectable("RSA", deviation=deviation, **CASE)
    assert 100 * found.minimum_effect == pytest.approx(percent, abs=0.05)
    assert 100 * found.maximum_effect == pytest.approx(1.9, abs=0.05)


def test_the_least_effect_is_eighty_percent_of_the_way():
    assert minimum_detectable_effect(1.0) == pytest.approx(1.959964 + 0.841621, abs=1e-6)
    assert minimum_detectable_effect(1.0, degrees_of_freedom=4) > 3.7


def test_a_coefficient_gives_way_to_the_verdict():
    seen, lost = (detectable("RSA", deviation=deviation, **CASE) for deviation in (0.03, 0.05))
    assert or_not_identifiable(0.012, seen) == 0.012 and seen.explain().startswith("Identifiable")
    verdict = or_not_identifiable(0.012, lost)
    assert isinstance(verdict, NotEstimable) and verdict.reason.startswith("Non identifiable")
    assert "0,012" not in str(verdict) and lost.to_frame()["is_identifiable"].tolist() == [False]
    assert lost.plot() is not None


def test_equal_sizes_are_not_identifiable():
    assert not Detectable("RSA", 0.02, 0.02, 39, 156).is_identifiable


@pytest.mark.parametrize("spoil", [{"stock": 0}, {"treated_count": 1}, {"comparison_count": 0}, {"deviation": 0.0},
                                   {"deviation": float("nan")}, {"stock": float("nan")}])
def test_what_cannot_be_judged_says_why(spoil):
    found = detectable("RSA", **{"deviation": 0.03, **CASE, **spoil})
    assert isinstance(found, NotEstimable) and or_not_identifiable(1.0, found) is found


def test_impossible_calls_stop():
    with pytest.raises(UserError):
        detectable("RSA", deviation=0.03, **CASE, power=1.2)
    for wrong in ({"standard_error": -1.0}, {"standard_error": float("nan")}, {"standard_error": 1, "power": 1.0}):
        with pytest.raises(UserError):
            minimum_detectable_effect(**wrong)
    assert isinstance(maximum_possible_effect(-9, 5), NotEstimable)
    assert isinstance(maximum_possible_effect(1, 0), NotEstimable)
