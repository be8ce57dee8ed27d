"""Reliability of scales against the published values of the R package psych."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tznr_platform.errors import UserError
from tznr_platform.estimation.one_factor import one_factor
from tznr_platform.estimation.resampling import covariance_draws
from tznr_platform.estimation.scales import (
    BANDS,
    feldt_interval,
    reliability_from_covariance,
    reliability_from_items,
)
from tznr_platform.estimation.verdict import NotEstimable
from tznr_platform.settings import Settings
from tznr_platform.storage import warehouse

REVERSED = {"A1", "C4", "C5"}
ALL_REVERSED = REVERSED | {"E1", "E2", "O2", "O5"}


def _items(letter: str) -> list[str]:
    return [f"{letter}{i}" for i in range(1, 6)]


@pytest.fixture(scope="session")
def bfi(shared_data: Path) -> pd.DataFrame:
    """2 800 persons, 25 items answered 1 to 6; R package psych."""
    return pd.read_csv(shared_data / "reference" / "bfi" / "bfi.csv")


@pytest.fixture
def small() -> pd.DataFrame:
    """Thirty invented respondents, four items, the last one reversed."""
    rng = np.random.default_rng(3)
    level = rng.normal(size=30)
    answers = {f"I{i}": np.clip(np.round(3.5 + level + rng.normal(size=30)), 1, 6) for i in (1, 2, 3)}
    return pd.DataFrame({**answers, "I4": 7 - np.clip(np.round(3.5 + level + rng.normal(size=30)), 1, 6)})


@pytest.mark.parametrize(("letter", "missing", "raw"), [
    ("A", "pairwise", 0.703018), ("A", "listwise", 0.703756),
    ("C", "pairwise", 0.726735), ("N", "pairwise", 0.813963)])
def test_published_alpha(bfi: pd.DataFrame, letter: str, missing: str, raw: float):
    items = _items(letter)
    result = reliability_from_items(letter, bfi, items, missing=missing, reversed_items=REVERSED & set(items))
    assert result.alpha_raw == pytest.approx(raw, abs=1e-6)
    assert result.band_code == "acceptable"


def test_published_alpha_of_the_attitude_survey(shared_data: Path):
    """R package ``psych``, help of ``alpha``: 30 departments, 7 items."""
    answers = pd.read_csv(shared_data / "reference" / "attitude" / "attitude.csv")
    items = ["rating", "complaints", "privileges", "learning", "raises", "critical", "advance"]
    result = reliability_from_items("attitude", answers, items, missing="listwise", draws=20)
    assert (result.alpha_raw, result.alpha_standardised) == pytest.approx((0.843, 0.839), abs=5e-4)
    assert result.item_rest == pytest.approx([0.67, 0.74, 0.56, 0.71, 0.79, 0.27, 0.46], abs=5e-3)


def test_published_factor_of_the_ability_tests():
    """R, help of ``ability.cov``: one factor of six tests, 112 persons; uniquenesses and loadings as printed."""
    lower = [[24.641], [5.991, 6.700], [33.520, 18.137, 149.831], [6.023, 1.782, 19.424, 12.711],
             [20.755, 4.936, 31.430, 4.757, 52.604], [29.701, 7.204, 50.753, 9.075, 66.762, 135.292]]
    half = np.array([row + [0.0] * (6 - len(row)) for row in lower])
    covariance = half + np.tril(half, -1).T
    deviation = np.sqrt(covariance.diagonal())
    loadings, rest = one_factor(covariance / np.outer(deviation, deviation))
    assert rest == pytest.approx([0.535, 0.853, 0.748, 0.910, 0.232, 0.280], abs=5e-4)
    assert loadings == pytest.approx([0.682, 0.384, 0.502, 0.300, 0.877, 0.849], abs=5e-4)


def test_published_standardised_alpha_and_listwise_count(bfi: pd.DataFrame):
    items = _items("A")
    pairwise, listwise = (reliability_from_items("A", bfi, items, missing=missing, reversed_items={"A1"})
                          for missing in ("pairwise", "listwise"))
    assert pairwise.alpha_standardised == pytest.approx(0.712659, abs=1e-6)
    assert listwise.respondent_count == 2709


def test_forgetting_the_reversed_item_lowers_the_band(bfi: pd.DataFrame):
    result = reliability_from_items("A", bfi, _items("A"), missing="pairwise")
    assert result.band_code == "items_only"


def test_narrow_types_give_the_float64_answer(small: pd.DataFrame):
    expected = reliability_from_items("S", small, list(small), missing="listwise", reversed_items={"I4"})
    for narrow in ("int8", "float32"):
        assert reliability_from_items("S", small.astype(narrow), list(small), missing="listwise",
                                      reversed_items={"I4"}) == expected


def test_item_rest_is_the_correlation_with_the_sum_of_the_others(small: pd.DataFrame):
    result = reliability_from_items("S", small, list(small), missing="listwise", reversed_items={"I4"})
    recoded = small.assign(I4=7 - small["I4"])
    expected = [recoded[item].corr(recoded.drop(columns=item).sum(axis=1)) for item in recoded]
    assert result.item_rest == pytest.approx(expected, abs=1e-12)
    assert result.to_frame()["item_code"].tolist() == list(small)


def test_covariances_computed_by_duckdb_give_the_same(small: pd.DataFrame, tmp_path: Path):
    items = list(small)
    settings = Settings(data_dir=tmp_path, memory_limit="256MB", threads=1)
    with warehouse.connect(None, settings=settings) as con:
        con.register("answers", small)
        cells = con.execute("select " + ", ".join(f"covar_samp({a}, {b})" for a in items for b in items)
                            + " from answers").fetchone()
    from_sql = reliability_from_covariance("S", items, np.reshape(cells, (4, 4)), len(small),
                                           reversed_items={"I4"})
    from_items = reliability_from_items("S", small, items, missing="listwise", reversed_items={"I4"})
    assert from_sql.alpha_raw == pytest.approx(from_items.alpha_raw, abs=1e-12)


@pytest.mark.parametrize(("correlation", "band"), [
    (0.27, "items_only"), (0.28, "warning"), (0.36, "warning"), (0.37, "acceptable")])
def test_bands(correlation: float, band: str):
    """Four items of equal correlation r: alpha = 4r / (1 + 3r), 0.60 at r = 0.2727 and 0.70 at r = 0.3684."""
    matrix = np.full((4, 4), correlation) + (1 - correlation) * np.eye(4)
    result = reliability_from_covariance("S", list("ABCD"), matrix, 100)
    assert result.band_code == band
    assert band in BANDS


@pytest.mark.parametrize(("matrix", "count", "words"), [
    ([[1.0]], 50, "deux items"),
    ([[1, 0.5], [0.5, 1]], 1, "deux personnes"),
    ([[1, np.nan], [np.nan, 1]], 50, "en commun"),
    ([[1, 0.5], [0.2, 1]], 50, "symétrique"),
    ([[1, 0], [0, 0]], 50, "même réponse"),
    ([[1, -1], [-1, 1]], 50, "ne varie pas"),
])
def test_data_that_carry_no_estimate_say_so_in_french(matrix: list, count: int, words: str):
    result = reliability_from_covariance("S", list("AB")[:len(matrix)], np.array(matrix), count)
    assert isinstance(result, NotEstimable)
    assert words in result.reason


def test_a_matrix_of_another_shape_or_an_unknown_item_stops(small: pd.DataFrame):
    with pytest.raises(UserError, match="ne se correspondent pas"):
        reliability_from_covariance("S", ["A", "B"], np.eye(3), 50)
    with pytest.raises(UserError, match="ne se correspondent pas"):
        reliability_from_covariance("S", ["A", "B"], np.eye(2), 50, reversed_items={"Z"})
    with pytest.raises(UserError, match="réponses vides"):
        reliability_from_items("S", small, list(small), missing="median")


@pytest.mark.parametrize(("letter", "omega"), [("A", 0.712129), ("C", 0.733022), ("E", 0.767334), ("N", 0.812845),
                                               ("O", 0.610374)])
def test_omega_is_that_of_a_general_optimiser(bfi: pd.DataFrame, letter: str, omega: float):
    """``omega``: the likelihood of the same model, maximised once by scipy's BFGS on loadings and unique variances."""
    result = reliability_from_items(letter, bfi, _items(letter), missing="listwise", draws=20,
                                    reversed_items=ALL_REVERSED & set(_items(letter)))
    assert result.omega_total == pytest.approx(omega, abs=1e-6)


def test_the_lower_of_alpha_and_omega_decides_the_band(bfi: pd.DataFrame):
    openness = reliability_from_items("O", bfi, _items("O"), missing="listwise", reversed_items={"O2", "O5"}, draws=200)
    assert openness.band_code == "warning" and openness.allows_score
    assert openness.alpha_interval[0] < openness.alpha_raw < openness.alpha_interval[1]
    assert openness.omega_interval[0] < openness.omega_total < openness.omega_interval[1]
    assert "à lire avec prudence" in openness.explain()
    assert "layer" in openness.plot().to_dict()


def test_published_interval_of_feldt():
    """Python package pingouin, help of ``cronbach_alpha``: 15 respondents, 10 items, 0.591719 [0.195, 0.840]."""
    assert feldt_interval(0.5917188, 15, 10) == pytest.approx((0.195, 0.840), abs=5e-4)


def test_intervals_are_the_same_with_the_same_seed_and_need_the_answers(small: pd.DataFrame):
    first, again = (reliability_from_items("S", small, list(small), missing="pairwise", reversed_items={"I4"})
                    for _ in range(2))
    assert first == again
    other = reliability_from_items("S", small, list(small), missing="pairwise", reversed_items={"I4"}, seed=1)
    assert other.alpha_interval != first.alpha_interval
    covariance = reliability_from_covariance("S", list(small), small.cov().to_numpy(), 30, reversed_items={"I4"})
    assert covariance.alpha_interval == feldt_interval(first.alpha_raw, 30, 4)
    assert covariance.omega_interval is None
    assert covariance.to_frame()["omega_low"].isna().all()


def test_answers_that_carry_no_reliability_and_calls_that_cannot_be_right(small: pd.DataFrame):
    for answers in (small.head(0), small.head(1), small * np.nan, small.assign(I1=np.inf)):
        assert isinstance(reliability_from_items("S", answers, list(small), missing="pairwise"), NotEstimable)
    with pytest.raises(UserError, match="pas des nombres"):
        reliability_from_items("S", small.assign(I1="souvent"), list(small), missing="pairwise")
    for items, options in ((["I1", "I1", "I2"], {}), (list(small), {"draws": 0}), (list(small), {"bounds": (6, 1)})):
        with pytest.raises(UserError, match="mal décrite"):
            reliability_from_items("S", small, items, missing="pairwise", **options)


def test_bootstrap_covariances_are_those_of_resampled_persons(small: pd.DataFrame):
    holes = small.mask(np.random.default_rng(2).random(small.shape) < 0.1).to_numpy()
    drawn = covariance_draws(holes, 2000, 5)
    slow = np.array([pd.DataFrame(holes).sample(30, replace=True, random_state=seed).cov().to_numpy()
                     for seed in range(1000)])
    assert np.allclose(drawn.mean(axis=0), slow.mean(axis=0), atol=0.08)
    assert np.allclose(drawn.std(axis=0), slow.std(axis=0), atol=0.05)


def test_floor_and_ceiling_count_those_who_could_not_answer_lower_or_higher():
    answers = pd.DataFrame({"a": [0, 0, 2, 1, 2], "b": [0, np.nan, 2, 2, 2], "r": [2, 2, 0, 1, np.nan]})
    result = reliability_from_items("S", answers, list(answers), missing="pairwise", reversed_items={"r"},
                                    bounds=(0, 2), draws=50)
    assert (result.floor_share, result.ceiling_share) == (0.4, 0.4)


def test_two_items_have_no_omega(small: pd.DataFrame):
    result = reliability_from_items("S", small, ["I1", "I2"], missing="listwise", draws=50)
    assert result.omega_total is None
    assert result.to_frame()["omega_total"].isna().all()


def test_one_factor_settles_on_a_heywood_case_and_on_nothing_singular():
    heywood = np.array([[1, 0.9, 0.9], [0.9, 1, 0.7], [0.9, 0.7, 1]])
    loadings, rest = one_factor(np.stack([heywood, np.ones((3, 3))]))
    assert rest[0, 0] == pytest.approx(0.005)
    assert np.isfinite(loadings[0]).all() and np.isnan(loadings[1]).all()
