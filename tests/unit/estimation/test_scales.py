"""Reliability of scales against the published values of the R package psych."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tznr_platform.errors import UserError
from tznr_platform.estimation.scales import BANDS, reliability_from_covariance, reliability_from_items
from tznr_platform.estimation.verdict import NotEstimable
from tznr_platform.settings import Settings
from tznr_platform.storage import warehouse

REVERSED = {"A1", "C4", "C5"}


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
