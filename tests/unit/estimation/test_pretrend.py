"""What a test of the past sees: values of Roth's R package ``pretrends`` (0.1.0), and cases known by hand."""

from __future__ import annotations

import numpy as np
import pytest

from tznr_platform.errors import UserError
from tznr_platform.estimation.pretrend import PreTrend, power, pre_trend, slope_for_power
from tznr_platform.estimation.verdict import NotEstimable

MONTHS = np.array([-4, -3, -2, 0, 1, 2])
ERRORS = np.array([0.050, 0.045, 0.040, 0.100, 0.110, 0.120])
ESTIMATE = np.array([0.012, -0.008, 0.021, 0.180, 0.240, 0.310])
RANK = np.arange(6)
COVARIANCE = 0.5 ** abs(RANK[:, None] - RANK) * np.outer(ERRORS, ERRORS)


@pytest.mark.parametrize(("slope", "powerful", "bayes", "likelihood"), [
    (0.02, 0.331636, 0.767765, 0.369180669397493), (0.05, 0.901494, 0.113163, 0.00448269494048729)])
def test_power_is_that_of_the_r_package(slope, powerful, bayes, likelihood):
    """R integrates at random: its own repeated calls spread over 5e-4; the likelihood ratio is exact."""
    found = power(MONTHS, ESTIMATE, COVARIANCE, slope * (MONTHS + 1))
    assert found.power == pytest.approx(powerful, abs=1e-3)
    assert found.bayes_factor == pytest.approx(bayes, abs=1e-3)
    assert found.likelihood_ratio == pytest.approx(likelihood, rel=1e-10)


@pytest.mark.parametrize(("target", "published"), [(0.5, 0.027901593818477), (0.8, 0.0424249541097126)])
def test_slopes_are_those_of_the_r_package(target, published):
    assert slope_for_power(MONTHS, COVARIANCE, power=target) == pytest.approx(published, rel=2e-3)


# Medical records on drug spending (He and Wang, 2017), event study shipped by ``pretrends``: lower triangle, millionths
HE_WANG = [0.0667031482, -0.0077017923, -0.0307690538, 0.0840306580, 0.2424418181, 0.2198789865, 0.1910925359]
HE_WANG_MONTHS = np.array([-4, -3, -2, 0, 1, 2, 3])
HE_WANG_LOWER = [
    [8906.5712], [4488.3136, 5936.9169], [1458.7025, 2750.0791, 3038.6248], [1215.7689, 1350.5858, 905.6166, 3924.7409],
    [2032.7645, 1431.5459, 679.1299, 2596.1180, 8065.8970],
    [1322.5015, 1206.7792, 1016.7636, 1732.6149, 5875.3751, 7881.5790],
    [1961.7728, 1384.7158, 709.0144, 2234.5525, 3741.4359, 3650.7095, 9788.4266]]


def test_the_example_of_the_package():
    """README of ``pretrends``: linear trend of 50 % power, what passing the test leaves of it, quadratic trend."""
    lower = np.array([row + [0.0] * (7 - len(row)) for row in HE_WANG_LOWER]) / 1e6
    covariance = lower + np.tril(lower, -1).T
    assert slope_for_power(HE_WANG_MONTHS, covariance, power=0.5) == pytest.approx(0.05205871, abs=2e-5)
    found = power(HE_WANG_MONTHS, HE_WANG, covariance, 0.05205871 * (HE_WANG_MONTHS + 1))
    assert (found.power, found.bayes_factor) == pytest.approx((0.4999776, 0.56901), abs=2e-4)
    assert found.likelihood_ratio == pytest.approx(0.1057627, abs=1e-7)
    assert found.mean_after_passing == pytest.approx(
        [-0.09230764, -0.05555285, -0.02790950, 0.06490184, 0.12084694, 0.16946498, 0.22453827], abs=2e-5)
    quadratic = power(HE_WANG_MONTHS, HE_WANG, covariance, 0.024 * (HE_WANG_MONTHS + 1) ** 2)
    assert (quadratic.power, quadratic.bayes_factor, quadratic.likelihood_ratio) == pytest.approx(
        (0.6624282, 0.3841516, 0.4332635), abs=5e-5)


def test_passing_the_test_makes_the_bias_worse():
    """With positively correlated coefficients, what passes by chance was pulled down in the past, hence pulled here."""
    found = pre_trend(MONTHS, ESTIMATE, COVARIANCE, month=2)
    assert isinstance(found, PreTrend)
    assert found.bias_half == pytest.approx(3 * found.slope_half) and found.bias_half_if_passed > found.bias_half
    assert found.p_value > 0.5 and found.power_at_effect > 0.99


def test_one_month_is_a_case_counted_by_hand():
    """One coefficient of error 1: power of a two-sided test of a shift of 2 is Phi(0.04) + Phi(-3.96)."""
    found = power(np.array([-2, 0]), np.array([0.0, 0.0]), np.eye(2), np.array([2.0, 0.0]))
    assert found.power == pytest.approx(0.5159909, abs=1e-6)


def test_the_words_never_say_that_the_past_proves_anything():
    found = pre_trend(MONTHS, 0 * ESTIMATE + (MONTHS > 0) * 0.2, COVARIANCE, month=2)
    assert found.p_value == 1 and "ne prouve rien" in found.explain()


def test_what_cannot_be_judged_says_why():
    short = pre_trend(MONTHS[2:], ESTIMATE[2:], COVARIANCE[2:, 2:], month=2)
    assert isinstance(short, NotEstimable) and "deux mois" in short.reason
    fixed = pre_trend(MONTHS, ESTIMATE * (MONTHS > -1), COVARIANCE * np.outer(MONTHS > -1, MONTHS > -1), month=2)
    assert isinstance(fixed, NotEstimable)
    with pytest.raises(UserError):
        pre_trend(MONTHS, ESTIMATE, COVARIANCE, month=12)
    hole = pre_trend(MONTHS, ESTIMATE * np.where(MONTHS == -3, np.nan, 1), COVARIANCE, month=2)
    assert isinstance(hole, NotEstimable) and "pas d'estimation" in hole.reason
    with pytest.raises(UserError):
        slope_for_power(MONTHS, COVARIANCE, power=0.01)
    for path, covariance in ((MONTHS[3:], COVARIANCE[3:, 3:]), (MONTHS, COVARIANCE[1:]), (MONTHS, 0 * COVARIANCE)):
        with pytest.raises(UserError):
            slope_for_power(path, covariance, power=0.5)
