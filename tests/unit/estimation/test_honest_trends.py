"""Sensitivity to diverging trends: published intervals of the R package `HonestDiD`, and what the method implies."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog

from tznr_platform.errors import UserError
from tznr_platform.estimation.honest_trends import (
    EventStudy,
    _corners,
    honest_trends,
    relative_magnitude_interval,
    smoothness_interval,
)
from tznr_platform.estimation.verdict import NotEstimable

# Medicaid expansion on insurance (`ehec_data`, shipped by `moderndid`), 2008-2012 and 2014-2015 against 2013: two-way
# fixed effects, errors clustered by state as `fixest` computes them. Lower triangle of the covariance, in millionths.
COEFFICIENTS = [-0.00528535, -0.01129732, -0.00267599, -0.00141931, 0.00033966, 0.04644685, 0.06920618]
LOWER = [
    [74.8848],
    [60.3987, 72.6650],
    [44.4462, 37.8933, 50.5205],
    [33.8576, 28.6658, 26.7368, 40.0322],
    [43.2801, 45.4332, 27.7819, 24.1286, 54.6266],
    [47.6588, 44.2885, 30.6064, 23.8087, 36.8253, 83.7567],
    [24.2513, 28.2466, 9.6375, 2.9239, 9.7229, 63.2140, 107.1235],
]
# Value added tax of French restaurants on profits, 2004-2007 and 2009-2012 against 2008
RESTAURANTS = [0.006696352, 0.029345034, -0.006472972, 0.073014989, 0.195961118, 0.312063903, 0.239541546, 0.126042500]
RESTAURANTS_LOWER = [
    [842.8358],
    [476.8687, 642.5420],
    [261.8051, 398.7425, 522.9950],
    [235.4220, 243.5515, 211.7686, 308.9595],
    [167.6371, 220.1960, 184.0722, 119.7866, 359.9704],
    [112.8708, 180.4591, 145.8528, 133.4081, 247.8819, 426.3950],
    [19.92816, 38.43765, 70.05197, 101.6335, 174.9579, 217.1438, 488.6698],
    [-136.8265, -29.60422, 59.52995, 107.9052, 165.4257, 289.2748, 380.5322, 761.7394],
]
# README of `HonestDiD`: bounds by size of the violation
RELATIVE_MAGNITUDE = {0.5: (0.0241, 0.0673), 1.0: (0.0171, 0.0720), 1.5: (0.00859, 0.0796), 2.0: (-0.00107, 0.0883)}
SMOOTHNESS = {0.0: (0.0259, 0.0607), 0.01: (0.0132, 0.0787), 0.02: (0.00286, 0.0907), 0.03: (-0.00714, 0.101)}


@pytest.fixture(scope="module")
def medicaid() -> EventStudy:
    lower = np.array([row + [0.0] * (7 - len(row)) for row in LOWER]) / 1e6
    return EventStudy.of(COEFFICIENTS, lower + np.tril(lower, -1).T, 5)


def made(pre: list[float], post: list[float], error: float = 1.0, **options: object) -> EventStudy:
    return EventStudy.of(pre + post, np.eye(len(pre + post)) * error**2, len(pre), **options)


@pytest.mark.parametrize(("size", "published"), RELATIVE_MAGNITUDE.items())
def test_relative_magnitudes_are_the_published_ones(medicaid, size, published):
    assert relative_magnitude_interval(medicaid, size) == pytest.approx(published, abs=1e-3)


def test_at_twice_the_largest_change_zero_is_not_excluded(medicaid):
    low, high = relative_magnitude_interval(medicaid, 2.0)
    assert low <= 0 <= high


@pytest.mark.parametrize(("size", "published"), SMOOTHNESS.items())
def test_smoothness_intervals_are_the_published_ones(medicaid, size, published):
    assert smoothness_interval(medicaid, size) == pytest.approx(published, abs=3e-4)


@pytest.mark.parametrize(("weights", "smoothness", "magnitude"), [
    ([1, 0, 0, 0], {0.0: (0.1314, 0.2162), 0.01: (0.1550, 0.2704), 0.02: (0.1773, 0.3160)},
     {0.0: (0.1592, 0.2328), 0.5: (0.1189, 0.2708), 1.0: (0.0672, 0.3179)}),
    ([0.25] * 4, {0.0: (0.1332, 0.2304), 0.01: (0.1241, 0.3680), 0.02: (0.1139, 0.4767)}, {0.0: (0.1841, 0.2527)})])
def test_the_french_restaurants_of_the_package(weights, smoothness, magnitude):
    """``BCdata_EventStudy`` (Benzarti and Carloni 2019), run by R 4.5.2 with ``HonestDiD`` 0.2.8.

    R searches a coarse grid with simulated quantiles (1e-3); its relative magnitudes are those of the conditional test,
    ours of its hybrid, a little wider (2e-3).
    """
    lower = np.array([row + [0.0] * (8 - len(row)) for row in RESTAURANTS_LOWER]) / 1e6
    study = EventStudy.of(RESTAURANTS, lower + np.tril(lower, -1).T, 4, weights)
    for size, published in smoothness.items():
        assert smoothness_interval(study, size) == pytest.approx(published, abs=1e-3)
    for size, published in magnitude.items():
        assert relative_magnitude_interval(study, size) == pytest.approx(published, abs=2e-3)


def test_breakdown_is_where_zero_enters(medicaid):
    for restriction, expected in (("relative_magnitude", 1.95), ("smoothness", 0.0228)):
        found = honest_trends(medicaid, restriction)
        assert found.breakdown == pytest.approx(expected, rel=0.01)
        interval = relative_magnitude_interval if restriction == "relative_magnitude" else smoothness_interval
        low, _ = interval(medicaid, found.breakdown * 0.98)
        beyond, _ = interval(medicaid, found.breakdown * 1.02)
        assert beyond <= 0 < low and "n'est plus distinct de zéro" in found.explain()


def test_intervals_grow_with_the_violation_and_hold_the_estimate():
    study = made([0.1, -0.2, 0.1], [3.0, 2.5], 0.4, weights=[0.5, 0.5])
    found = honest_trends(study, "relative_magnitude", (0.0, 0.5, 1.0, 2.0))
    widths = np.array(found.highs) - np.array(found.lows)
    assert (np.diff(widths) > 0).all() and found.lows[0] < study.effect < found.highs[0]


def test_a_sure_path_gives_the_identified_set():
    """Without noise: the effect less or plus the size times the largest change before treatment."""
    study = made([1.0, 0.0], [5.0], 1e-4)
    assert relative_magnitude_interval(study, 2.0) == pytest.approx((3.0, 7.0), abs=2e-3)
    straight = made([-2.0, -1.0], [5.0], 1e-4)
    assert smoothness_interval(straight, 0.5) == pytest.approx((3.5, 4.5), abs=2e-3)


def test_a_straight_line_is_taken_off_by_smoothness():
    rising = made([-4.0, -3.0, -2.0, -1.0], [1.0, 2.0], 0.01)
    low, high = smoothness_interval(rising, 0.0)
    assert low < 0 < high and high - low < 0.1


def test_coverage_is_kept_when_the_restriction_holds():
    random, covered = np.random.default_rng(1), 0
    for _ in range(150):
        noise = random.normal(size=4) * 0.5
        study = made([-1.0 + noise[0], 0.0 + noise[1]], [2.0 + 1.0 + noise[2], 2.0 + 1.0 + noise[3]], 0.5)
        low, high = relative_magnitude_interval(study, 1.0)
        covered += low <= 2.0 <= high
    assert covered >= 138


@pytest.mark.parametrize("weights", [[1, 0, 0], [0, 1, 0], [1 / 3, 1 / 3, 1 / 3], [-1, 0.5, 2]])
def test_the_corners_solve_the_linear_programme(weights):
    """The statistic is the least slack of all inequalities over the effects that are not meant."""
    random = np.random.default_rng(2)
    root = random.normal(size=(6, 6))
    study = EventStudy.of(random.normal(size=6), root @ root.T, 3, weights)
    for place, sign, size in ((0, 1.0, 0.5), (1, -1.0, 1.0), (2, 1.0, 2.0)):
        changes = np.diff(np.vstack([np.eye(6)[:3], np.zeros(6), np.eye(6)[3:]]), axis=0)
        rows = np.vstack([turn * changes[3:] - size * sign * changes[place] for turn in (1, -1)])
        errors = np.sqrt(np.einsum("ri,ij,rj->r", rows, study.covariance, rows))
        # the effects with the weighted sum held: rows @ (estimates - effects) <= slack * errors
        solved = linprog([0, 0, 0, 1], A_ub=np.column_stack([-rows[:, 3:], -errors]), b_ub=-rows @ study.estimates,
                         A_eq=[[*weights, 0]], b_eq=[0.7], bounds=[(None, None)] * 4)
        corners = _corners(study, size, place, sign)
        slopes = corners[:, 3:] @ study.weights / (study.weights @ study.weights)
        assert (corners @ study.estimates - slopes * 0.7).max() == pytest.approx(solved.fun, abs=1e-7)


@pytest.mark.parametrize("spoil", [
    {"pre": []}, {"post": []}, {"post": [float("nan"), 1.0]}, {"error": 0.0}])
def test_what_cannot_be_judged_says_why(spoil):
    case = {"pre": [0.0, 0.1], "post": [1.0, 2.0], "error": 1.0} | spoil
    found = made(case["pre"], case["post"], case["error"])
    assert isinstance(found, NotEstimable) and found.reason


def test_a_call_that_cannot_be_right_stops(medicaid):
    with pytest.raises(UserError):
        honest_trends(medicaid, "linear")
    with pytest.raises(UserError):
        honest_trends(medicaid, "smoothness", [-1.0])
    for size, level in ((float("nan"), 0.05), (0.1, 2.0)):
        with pytest.raises(UserError):
            honest_trends(medicaid, "smoothness", [size], level=level)
    with pytest.raises(UserError, match="symétrique"):
        EventStudy.of([1.0, 2.0], [[1, 0.5], [0, 1]], 1)
    with pytest.raises(UserError):
        EventStudy.of([1.0, 2.0], np.eye(3), 1)


def test_sentences():
    sure = honest_trends(made([0.0, 0.01], [9.0, 9.0], 0.01), "smoothness", (0.1,))
    assert sure.breakdown is None
    assert "reste distinct" in sure.explain() and "même si la pente de l'écart change de" in sure.explain()
    steep = honest_trends(made([-2.0, -1.0], [1.0, 2.0], 0.1), "smoothness", (0.1,))
    assert steep.breakdown == 0 and "moindre divergence" in steep.explain()


def test_an_effect_indistinct_from_zero_says_so():
    found = honest_trends(made([0.1, 0.0], [0.1, 0.1]), "relative_magnitude", (1.0,))
    assert found.breakdown == 0 and "n'est pas distinct de zéro" in found.explain()
    assert found.plot() is not None and len(found.to_frame()) == 1
