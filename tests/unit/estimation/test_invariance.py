"""Comparability of waves: invented respondents whose loadings and levels move or not; an independent program."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tznr_platform.errors import UserError
from tznr_platform.estimation.invariance import invariance_from_items, invariance_from_moments
from tznr_platform.estimation.verdict import NotEstimable

LOADINGS, LEVELS = np.array([0.7, 0.8, 0.6, 0.9, 0.5]), np.array([3, 2.5, 3.2, 2.8, 3.0])
ITEMS = [f"I{i}" for i in range(1, 6)]


def _waves(loadings: np.ndarray = LOADINGS, levels: np.ndarray = LEVELS, count: int = 800) -> dict[str, pd.DataFrame]:
    """Two waves, a factor that gains 0.3, uniquenesses that persist; ``loadings`` and ``levels`` of the second."""
    rng = np.random.default_rng(0)
    first = rng.normal(size=count)
    second = 0.6 * first + 0.8 * rng.normal(size=count) + 0.3
    lasting = 0.4 * rng.normal(size=(count, 5))
    return {"T0": pd.DataFrame(LEVELS + np.outer(first, LOADINGS) + lasting + 0.6 * rng.normal(size=(count, 5)),
                               columns=ITEMS),
            "T6": pd.DataFrame(levels + np.outer(second, loadings) + lasting + 0.6 * rng.normal(size=(count, 5)),
                               columns=ITEMS)}


def test_scales_that_did_not_move_may_be_compared():
    result = invariance_from_items("S", _waves(), ITEMS)
    assert (result.reached, result.allows_means) == ("scalar", True)
    assert result.latent_change[0] == pytest.approx(0.3, abs=0.06)
    assert "comparables" in result.explain()
    assert "mark" in result.plot().to_dict()
    assert not result.to_frame().isna().any().any()
    assert result.to_frame()["degrees"].tolist() == [29, 33, 37]


@pytest.mark.parametrize(("second", "reached"), [
    ({"loadings": LOADINGS * [1, 1, 1.8, 1, 0.4]}, "configural"),
    ({"levels": LEVELS + np.array([0, 0.5, 0, -0.4, 0])}, "metric")])
def test_scales_that_moved_are_reported_by_item(second: dict, reached: str):
    result = invariance_from_items("S", _waves(**second), ITEMS)
    assert (result.reached, result.allows_means) == (reached, False)
    assert "par item seulement" in result.explain()


def test_two_factors_are_not_even_configural():
    waves = _waves()
    rng = np.random.default_rng(5)
    for answers in waves.values():
        answers[ITEMS[:3]] += 1.5 * rng.normal(size=(800, 1))
        answers[ITEMS[3:]] -= 1.5 * rng.normal(size=(800, 1))
    result = invariance_from_items("S", waves, ITEMS)
    assert result.reached is None
    assert "ne convient pas" in result.explain()


def test_equals_an_independent_program():
    """Chi-square and CFI of the Python package semopy on the same respondents and models."""
    same, moved = _waves(), _waves(loadings=LOADINGS * [1, 1, 1.8, 1, 0.4])
    for waves, chi, cfi in ((same, (41.8905, 52.6970), (0.995947, 0.993807)),
                            (moved, (44.2950, 217.8526), (0.995413, 0.944561))):
        fits = invariance_from_items("S", waves, ITEMS).fits
        assert [fit.chi_square for fit in fits[:2]] == pytest.approx(chi, abs=1e-3)
        assert [fit.cfi for fit in fits[:2]] == pytest.approx(cfi, abs=2e-6)


def test_moments_of_a_model_that_holds_fit_exactly():
    loading = np.zeros((6, 2))
    loading[:3, 0] = loading[3:, 1] = [0.7, 0.8, 0.6]
    rest = 0.4 * np.eye(6) + 0.1 * (np.eye(6, k=3) + np.eye(6, k=-3))
    covariance = loading @ np.array([[1, 0.5], [0.5, 1.3]]) @ loading.T + rest
    means = np.array([[1, 2, 3], [1, 2, 3]]) + np.outer([0, 0.4], [0.7, 0.8, 0.6])
    result = invariance_from_moments("S", ("T0", "T6"), means=means, covariance=covariance, respondent_count=1000)
    assert max(fit.chi_square for fit in result.fits) < 1
    assert result.latent_change[0] == pytest.approx(0.4, abs=1e-3)


def test_three_waves_reversed_items_and_narrow_types():
    waves = _waves()
    waves["T12"] = 0.5 * waves["T0"] + 0.5 * waves["T6"] + 0.5 * np.random.default_rng(8).normal(size=(800, 5))
    three = invariance_from_items("S", waves, ITEMS)
    assert len(three.latent_change) == 2
    assert [fit.degrees for fit in three.fits] == [72, 80, 88]
    waves = {wave: answers.round().clip(1, 5) for wave, answers in _waves().items()}
    wanted = invariance_from_items("S", waves, ITEMS)
    turned = {wave: answers.assign(I2=6 - answers["I2"]).astype("int8") for wave, answers in waves.items()}
    result = invariance_from_items("S", turned, ITEMS, reversed_items={"I2"})
    assert [fit.chi_square for fit in result.fits] == pytest.approx([fit.chi_square for fit in wanted.fits], abs=1e-4)


def test_only_those_who_answered_every_wave_count():
    waves = _waves()
    waves["T6"] = waves["T6"].iloc[:500]
    assert invariance_from_items("S", waves, ITEMS).respondent_count == 500


@pytest.mark.parametrize(("change", "words"), [
    (lambda waves: {"T0": waves["T0"]}, "deux vagues"),
    (lambda waves: {}, "deux vagues"),
    (lambda waves: {**waves, "T6": waves["T6"].assign(I1=np.inf)}, "infinie"),
    (lambda waves: {wave: answers.head(80) for wave, answers in waves.items()}, "moins de 100"),
    (lambda waves: {wave: answers.assign(I1=2) for wave, answers in waves.items()}, "même réponse"),
    (lambda waves: {**waves, "T6": waves["T0"]}, "se déduisent"),
    (lambda waves: {**waves, "T6": waves["T6"].head(0)}, "moins de deux")])
def test_data_that_carry_no_estimate_say_so_in_french(change, words: str):
    result = invariance_from_items("S", change(_waves()), ITEMS)
    assert isinstance(result, NotEstimable)
    assert words in result.reason


def test_wrong_shapes_and_missing_items_stop():
    with pytest.raises(UserError, match="ne se correspondent pas"):
        invariance_from_moments("S", ("T0", "T6"), means=np.zeros((2, 3)), covariance=np.eye(5), respondent_count=50)
    with pytest.raises(UserError, match="deux fois"):
        invariance_from_items("S", {wave: pd.concat([answers, answers]) for wave, answers in _waves().items()}, ITEMS)
    with pytest.raises(UserError, match="pas des nombres"):
        invariance_from_items("S", {**_waves(), "T6": _waves()["T6"].assign(I1="souvent")}, ITEMS)
    with pytest.raises(UserError, match="Colonnes absentes"):
        invariance_from_items("S", _waves(), ["I9"])
