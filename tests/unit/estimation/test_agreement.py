"""Double coding: Krippendorff's own example, scikit-learn's kappa, the gate."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score

from tznr_platform.errors import UserError
from tznr_platform.estimation.agreement import agreement, krippendorff_alpha, weighted_kappa
from tznr_platform.estimation.verdict import NotEstimable

LEVELS = range(6)


@pytest.fixture
def krippendorff() -> pd.DataFrame:
    """Four coders, twelve units, empty codes: Krippendorff, Computing Krippendorff's alpha-reliability (2011), C."""
    nan = np.nan
    return pd.DataFrame({"A": [1, 2, 3, 3, 2, 1, 4, 1, 2, nan, nan, nan],
                         "B": [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, nan, 3],
                         "C": [nan, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, nan],
                         "D": [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, nan]})


@pytest.fixture
def coded() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    first = rng.integers(0, 6, 120)
    return pd.DataFrame({"a": first, "b": np.clip(first + rng.integers(-1, 2, 120), 0, 5)})


@pytest.mark.parametrize(("metric", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849),
                                                  ("ratio", 0.797)])
def test_published_alpha(krippendorff: pd.DataFrame, metric: str, published: float):
    assert krippendorff_alpha(krippendorff, metric) == pytest.approx(published, abs=5e-4)


def test_published_alphas_of_two_coders():
    """Krippendorff (2011), A and B: two coders, ten units coded yes or no, then twelve in five categories."""
    binary = pd.DataFrame({"A": [0, 1, 0, 0, 0, 0, 0, 0, 1, 0], "B": [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]})
    nominal = pd.DataFrame({"A": list("aabbdcccedda"), "B": list("babbbccceddd")}).apply(lambda codes: codes.map(ord))
    assert krippendorff_alpha(binary, "nominal") == pytest.approx(0.095, abs=5e-4)
    assert krippendorff_alpha(nominal, "nominal") == pytest.approx(0.692, abs=5e-4)


def test_published_weighted_kappa():
    """Agresti's 91 couples, R package ``vcd``, help of ``Kappa``: equal spacing 0.2374."""
    table = np.array([[7, 7, 2, 3], [2, 8, 3, 7], [1, 5, 4, 9], [2, 8, 9, 14]])
    assert weighted_kappa(table, "linear") == pytest.approx(0.2374, abs=5e-5)
    for wrong in (table[:3], -table, table * np.nan):
        with pytest.raises(UserError, match="Table de codage"):
            weighted_kappa(wrong)


@pytest.mark.parametrize("weights", ["linear", "quadratic"])
def test_equals_scikit_learn(coded: pd.DataFrame, weights: str):
    expected = cohen_kappa_score(coded["a"], coded["b"], labels=list(LEVELS), weights=weights)
    assert agreement(coded, "participation", LEVELS, weights=weights).kappa == pytest.approx(expected, abs=1e-12)
    assert weighted_kappa(pd.crosstab(coded["a"], coded["b"]).to_numpy(), weights) == pytest.approx(expected, abs=1e-12)


def test_alpha_of_the_record_is_the_ordinal_one(krippendorff: pd.DataFrame):
    result = agreement(krippendorff, "participation", LEVELS)
    assert result.alpha == pytest.approx(krippendorff_alpha(krippendorff), abs=1e-12)
    assert result.alpha_interval[0] < result.alpha < result.alpha_interval[1]
    assert (result.kappa, result.unit_count, result.coder_count) == (None, 11, 4)
    assert result.passes


def test_the_gate_is_a_kappa_of_six_tenths(coded: pd.DataFrame):
    good = agreement(coded, "participation", LEVELS)
    assert good.passes and "suffisant (kappa" in good.explain()
    poor = agreement(coded.assign(b=coded["b"].sample(frac=1, random_state=1).to_numpy()), "participation", LEVELS)
    assert not poor.passes and "insuffisant" in poor.explain()
    assert good == agreement(coded.astype("int8"), "participation", LEVELS)
    assert good.kappa_interval[0] < good.kappa < good.kappa_interval[1]
    assert "layer" in good.plot().to_dict()


def test_codes_that_carry_no_agreement_say_so_in_french(coded: pd.DataFrame):
    for codes in (coded.assign(a=2, b=2), coded[["a"]], coded.assign(b=np.nan), coded.head(0)):
        assert isinstance(agreement(codes, "participation", LEVELS), NotEstimable)
    with pytest.raises(UserError, match="niveau de l'échelle"):
        agreement(coded.assign(a=7), "participation", LEVELS)
    with pytest.raises(UserError, match="Choix inconnu"):
        agreement(coded, "participation", LEVELS, weights="cubic")
    with pytest.raises(UserError, match="Choix inconnu"):
        krippendorff_alpha(coded, "cosine")
    with pytest.raises(UserError, match="pas des nombres"):
        krippendorff_alpha(coded.assign(a="fort"))
    with pytest.raises(UserError, match="deux fois"):
        agreement(coded, "participation", [*LEVELS, 0])
    assert np.isnan(krippendorff_alpha(coded.head(0)))
