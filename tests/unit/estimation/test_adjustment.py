"""Textbook estimators on the data that judge them (NSW, CPS, MatchIt's lalonde), at their published values."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tznr_platform.errors import UserError
from tznr_platform.estimation.adjustment import matched, regression_adjusted, weighted
from tznr_platform.estimation.balance import balance
from tznr_platform.estimation.two_period import propensity_scores
from tznr_platform.estimation.verdict import NotEstimable

COVARIATES = ("age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75")
SCORE = ("age", "age2", "age3", "educ", "educ2", "marr", "nodegree", "black", "hisp", "re74", "re75", "u74", "u75",
         "educre74")


@pytest.fixture(scope="module")
def nsw(shared_data) -> pd.DataFrame:
    return pd.read_csv(shared_data / "reference" / "nsw" / "nsw_mixtape.csv")


@pytest.fixture(scope="module")
def observational(nsw, shared_data) -> pd.DataFrame:
    """The treated of the experiment against CPS, with the columns of the published propensity."""
    rows = pd.concat([nsw[nsw["treat"] == 1], pd.read_csv(shared_data / "reference" / "nsw" / "cps_mixtape.csv")])
    return rows.assign(age2=rows["age"] ** 2, age3=rows["age"] ** 3, educ2=rows["educ"] ** 2,
                       u74=(rows["re74"] == 0) * 1, u75=(rows["re75"] == 0) * 1, educre74=rows["educ"] * rows["re74"])


@pytest.fixture(scope="module")
def lalonde(shared_data) -> pd.DataFrame:
    rows = pd.read_csv(shared_data / "reference" / "nsw" / "matchit_lalonde.csv")
    return rows.assign(black=(rows["race"] == "black") * 1, hispan=(rows["race"] == "hispan") * 1)


@pytest.mark.parametrize(("error", "published"), [
    ("classical", 632.8534), ("HC1", 670.8245), ("HC2", 670.9965), ("HC3", 672.6821)])
def test_experimental_difference(nsw, error, published):
    found = regression_adjusted(nsw, "re78", "treat", error=error)
    assert found.estimate == pytest.approx(1794.3424, abs=1e-4)
    assert found.standard_error == pytest.approx(published, abs=1e-4)
    assert (found.treated_count, found.control_count) == (185, 260)


@pytest.mark.parametrize(("error", "published"), [("classical", 638.6820), ("HC2", 677.0491)])
def test_experimental_regression(nsw, error, published):
    found = regression_adjusted(nsw, "re78", "treat", COVARIATES, error=error)
    assert (found.estimate, found.standard_error) == pytest.approx((1676.3426, published), abs=1e-4)


def test_observational_regression(observational):
    assert regression_adjusted(observational, "re78", "treat").estimate == pytest.approx(-8497.5161, abs=1e-4)
    found = regression_adjusted(observational, "re78", "treat", COVARIATES, error="classical")
    assert (found.estimate, found.standard_error) == pytest.approx((699.1317, 547.6360), abs=1e-4)


@pytest.mark.parametrize(("normalised", "trim", "published"), [
    (False, (0, 1), -11876.7875), (True, (0, 1), -7238.1403), (False, (0.1, 0.9), 2006.3652),
    (True, (0.1, 0.9), 1806.7301)])
def test_weighting(observational, normalised, trim, published):
    found = weighted(observational, "re78", "treat", SCORE, normalised=normalised, trim=trim)
    assert found.estimate == pytest.approx(published, abs=1e-4)
    if trim == (0.1, 0.9):
        assert (found.treated_count, found.treated_count + found.control_count) == (133, 361)


def test_small_types_do_not_overflow(observational):
    """A column of int8 squared overflows without an error; the published answer must come out all the same."""
    packed = observational.astype({"age": "int8", "educ": "int8", "re74": "float32", "re75": "float32"})
    wide = observational.astype({"re74": "float32", "re75": "float32"}).astype({"re74": "float64", "re75": "float64"})
    assert weighted(packed, "re78", "treat", SCORE) == weighted(wide, "re78", "treat", SCORE)


def test_matching(lalonde):
    covariates = ("age", "educ", "black", "hispan", "married", "nodegree", "re74", "re75")
    found = matched(lalonde, "re78", "treat", covariates)
    assert (found.mean_propensity_treated, found.mean_propensity_before, found.mean_propensity_matched) == (
        pytest.approx((0.5774, 0.1822, 0.3629), abs=1e-4))
    assert found.estimate == pytest.approx(894.3675, abs=1e-4) and found.pair_count == 185
    published = {"age": 0.0718, "educ": -0.1290, "black": 1.0231, "hispan": -0.6611, "nodegree": 0.1541,
                 "re74": -0.0505, "re75": -0.0257}
    assert {name: found.differences[name] for name in published} == pytest.approx(published, abs=1e-4)


def test_lalonde_regression(lalonde):
    naive = regression_adjusted(lalonde, "re78", "treat", error="classical")
    assert (naive.estimate, naive.standard_error) == pytest.approx((-635.0262, 657.1374), abs=1e-4)
    found = regression_adjusted(lalonde, "re78", "treat", ("age", "educ", "black", "hispan", "married", "nodegree",
                                                           "re74", "re75"), error="classical")
    assert (found.estimate, found.standard_error) == pytest.approx((1548.2438, 781.2793), abs=1e-4)


@pytest.mark.parametrize("method", [regression_adjusted, weighted, matched])
def test_one_side_only_is_said(method):
    frame = pd.DataFrame({"y": [1.0, 2, 3], "d": [1, 1, 1], "x": [0.0, 1, 2]})
    assert isinstance(method(frame, "y", "d", ("x",)), NotEstimable)


def test_separation_and_colinearity_are_said():
    frame = pd.DataFrame({"y": np.arange(8.0), "d": [0] * 4 + [1] * 4, "x": np.arange(8.0), "z": 2 * np.arange(8.0)})
    assert isinstance(weighted(frame, "y", "d", ("x",)), NotEstimable)
    assert isinstance(regression_adjusted(frame, "y", "d", ("x", "z")), NotEstimable)


@pytest.mark.parametrize("method", [regression_adjusted, weighted, matched])
@pytest.mark.parametrize("column", ["y", "d", "x"])
def test_a_hole_is_not_estimable(method, column):
    frame = pd.DataFrame({"y": [1.0, 5, 2, 3], "d": [0.0, 1, 0, 1], "x": [1.0, 0, 0, 1]})
    frame.loc[1, column] = np.nan
    found = method(frame, "y", "d", ("x",))
    assert isinstance(found, NotEstimable) and "manque" in found.reason


@pytest.mark.parametrize("method", [regression_adjusted, weighted, matched])
def test_words_stop_and_an_outcome_that_never_varies_is_said(method):
    frame = pd.DataFrame({"y": [1.0, 1, 1, 1], "d": [0, 1, 0, 1], "x": [1.0, 0, 0, 1]})
    assert "même valeur" in method(frame, "y", "d", ("x",)).reason
    for words in ({"x": list("abab")}, {"d": pd.Categorical(list("noon"))}, {"y": pd.Timestamp("2026-01-01")}):
        with pytest.raises(UserError, match="pas des nombres"):
            method(frame.assign(**words), "y", "d", ("x",))


def test_weighting_on_the_treated_is_that_of_weightit_and_its_balance_that_of_cobalt(lalonde):
    """Vignettes of ``MatchIt``, ``WeightIt`` and ``cobalt``: lalonde, logit; the 429 controls are worth 99.82.

    0/1 covariates are compared before weighting only: ``cobalt`` prints them as differences of shares afterwards.
    """
    covariates = ["age", "educ", "black", "hispan", "married", "nodegree", "re74", "re75"]
    treated = lalonde["treat"].to_numpy(float)
    design = np.column_stack([np.ones(len(lalonde)), lalonde[covariates]]).astype(float)
    chance = propensity_scores(treated, design)[treated == 0]
    odds = chance / (1 - chance)
    assert odds.sum() ** 2 / (odds**2).sum() == pytest.approx(99.82, abs=5e-3)
    found = weighted(lalonde, "re78", "treat", tuple(covariates), target="treated")
    assert found.estimate == pytest.approx(1214.07, abs=5e-3)
    with pytest.raises(UserError, match="Cible"):
        weighted(lalonde, "re78", "treat", tuple(covariates), target="controls")
    weights = np.ones(len(lalonde))
    weights[treated == 0] = odds
    frame = balance(treated, lalonde[covariates], weights, tuple(covariates)).to_frame().set_index("covariate")
    assert frame.loc[covariates, "smd_before"].tolist() == pytest.approx(
        [-0.3094, 0.0550, 1.7615, -0.3498, -0.8263, 0.2450, -0.7211, -0.2903], abs=5e-5)
    continuous = ["age", "educ", "re74", "re75"]
    assert frame.loc[continuous, "smd_after"].tolist() == pytest.approx([0.1188, -0.0284, -0.0021, 0.0110], abs=5e-5)
    assert frame.loc[continuous, "variance_ratio"].tolist() == pytest.approx([0.4577, 0.6636, 1.3206, 1.3938], abs=1e-4)
    assert isinstance(balance(treated[:5], lalonde[covariates][:5], odds[:5], tuple(covariates)), NotEstimable)


def test_results_explain_themselves(lalonde):
    adjusted, paired = (method(lalonde, "re78", "treat", ("age",)) for method in (regression_adjusted, matched))
    assert "Effet ajusté" in adjusted.explain() and "paires" in paired.explain()
    assert adjusted.to_frame().loc[0, "estimate"] == adjusted.estimate
    assert paired.to_frame()["covariate"].tolist() == ["age"]


def test_other_treatments_and_unknown_errors_stop():
    frame = pd.DataFrame({"y": [1.0, np.nan, 2, 3], "d": [0, 1, 0, 1]})
    with pytest.raises(UserError):
        regression_adjusted(frame.assign(d=[0, 1, 2, 3]), "y", "d")
    with pytest.raises(UserError):
        regression_adjusted(frame.fillna(0), "y", "d", error="CRV1")
