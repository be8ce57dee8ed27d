"""Retention: the package's Aalen-Johansen against lifelines and against published survival values."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from lifelines import AalenJohansenFitter, KaplanMeierFitter
from lifelines.datasets import load_lung, load_rossi

from tznr_platform.errors import UserError
from tznr_platform.estimation.design import load_design
from tznr_platform.estimation.retention import cumulative_incidence, kaplan_meier
from tznr_platform.estimation.verdict import NotEstimable

EXITS = {"transition": 1, "exit": 2}


def _spells(rows: list[tuple[float, str, int]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["duration_months", "exit_code", "spell_count"])


def _observed(duration: pd.Series, has_event: pd.Series) -> pd.DataFrame:
    return pd.DataFrame({"duration_months": duration, "exit_code": np.where(has_event, "exit", "censored"),
                         "spell_count": 1})


def _expanded(spells: pd.DataFrame) -> pd.DataFrame:
    return spells.loc[spells.index.repeat(spells["spell_count"])].reset_index(drop=True)


@pytest.fixture
def alternating() -> pd.DataFrame:
    """Two competing exits that never fall in the same month, so that lifelines has nothing to jitter."""
    rng = np.random.default_rng(20260701)
    return _spells([(month, exit_code, int(rng.integers(1, 9))) for month in range(1, 25)
                    for exit_code in (("exit", "transition")[month % 2], "censored")])


def test_equals_lifelines_with_standard_errors_and_bounds(alternating: pd.DataFrame):
    result = cumulative_incidence(alternating, "RSA")
    rows = _expanded(alternating)
    for index, exit_code in enumerate(result.exit_codes):
        rival = AalenJohansenFitter().fit(rows["duration_months"], rows["exit_code"].map(EXITS).fillna(0),
                                          EXITS[exit_code])
        assert np.allclose(result.incidence_share[index], rival.cumulative_density_.iloc[1:, 0], atol=1e-12)
        assert np.allclose(result.standard_error[index] ** 2, rival.variance_.iloc[1:], atol=1e-12)
        drawn = result.to_frame().query("exit_code == @exit_code")
        bounds = rival.confidence_interval_.loc[drawn["duration_months"]]
        assert np.allclose(drawn[["incidence_low_share", "incidence_high_share"]], bounds, atol=1e-12)


def test_equals_lifelines_where_exits_share_months():
    """lifelines jitters ties, which moves its incidence by nothing once censoring comes after the exits."""
    rng = np.random.default_rng(7)
    spells = _spells([(month, code, int(rng.integers(1, 12))) for month in range(1, 19)
                      for code in ("exit", "transition", "censored")])
    result = cumulative_incidence(spells, "RSA")
    rows = _expanded(spells)
    later = rows["duration_months"] + np.where(rows["exit_code"] == "censored", 0.5, 0)
    with pytest.warns(Warning, match="jittered"):
        rival = AalenJohansenFitter(seed=1, calculate_variance=False).fit(
            later, rows["exit_code"].map(EXITS).fillna(0), EXITS["exit"])
    at_month_end = rival.predict(result.duration_months + 0.25)
    assert np.allclose(result.incidence_share[result.exit_codes.index("exit")], at_month_end, atol=1e-10)


def test_incidences_and_retained_share_add_to_one(alternating: pd.DataFrame):
    result = cumulative_incidence(alternating, "RSA")
    assert np.allclose(result.incidence_share.sum(axis=0) + result.retained_share, 1)
    assert result.spell_count == alternating["spell_count"].sum()


def test_single_exit_is_one_minus_kaplan_meier_with_greenwood():
    lung = load_lung()
    result = kaplan_meier(_observed(lung["time"], lung["status"] == 1), "lung")
    rival = KaplanMeierFitter().fit(lung["time"], lung["status"] == 1)
    assert np.allclose(result.retained_share, rival.survival_function_.iloc[1:, 0], atol=1e-12)
    assert np.allclose(result.incidence_share[0], 1 - result.retained_share, atol=1e-12)
    table = rival.event_table.iloc[1:]
    rests = table["at_risk"] > table["observed"]
    table = table[rests]
    greenwood = (table["observed"] / (table["at_risk"] * (table["at_risk"] - table["observed"]))).cumsum()
    expected = result.retained_share[rests] * np.sqrt(greenwood)
    assert np.allclose(result.standard_error[0][rests], expected, atol=1e-12)


def test_published_medians_of_the_lung_trial():
    """R package survival: 310 days for all, 270 men, 426 women."""
    lung = load_lung()
    medians = [kaplan_meier(_observed(rows["time"], rows["status"] == 1), "lung").median_months
               for rows in (lung, lung[lung["sex"] == 1], lung[lung["sex"] == 2])]
    assert medians == [310, 270, 426]


def test_published_survival_of_the_rossi_study():
    """318 of 432 released prisoners not arrested again at week 52."""
    rossi = load_rossi()
    result = kaplan_meier(_observed(rossi["week"], rossi["arrest"] == 1), "rossi")
    assert result.retained_at(52) == pytest.approx(0.736111, abs=1e-6)
    assert result.median_months is None
    assert result.retained_at(53) is None
    assert result.retained_at(0) == 1


def test_last_spells_all_leaving_gives_no_nan():
    spells = _spells([(1, "exit", 3), (2, "transition", 4), (3, "exit", 2)])
    frame = cumulative_incidence(spells, "RSA").to_frame()
    assert not frame.isna().any().any()
    assert np.isfinite(frame.select_dtypes("number")).all().all()


def test_naive_kaplan_meier_is_refused_with_competing_exits(alternating: pd.DataFrame):
    with pytest.raises(UserError, match="Kaplan-Meier est refusé") as refusal:
        kaplan_meier(alternating, "RSA")
    assert "Aalen-Johansen" in refusal.value.remedy


@pytest.mark.parametrize(("rows", "words"), [
    ([], "aucune période"),
    ([(3, "exit", 0)], "aucune période"),
    ([(3, "censored", 12), (9, "censored", 4)], "aucune sortie"),
    ([(-1, "exit", 2)], "négatif"),
    ([(2, "exit", -2)], "négatif"),
    ([(np.nan, "exit", 2)], "manque"),
])
def test_data_that_carry_no_estimate_say_so_in_french(rows: list, words: str):
    result = cumulative_incidence(_spells(rows), "ASPA")
    assert isinstance(result, NotEstimable)
    assert str(result).startswith("ASPA : non estimable")
    assert words in result.reason


def test_unknown_exit_and_missing_column_stop():
    with pytest.raises(UserError, match="Sortie inconnue"):
        cumulative_incidence(_spells([(1, "radiation", 2)]), "RSA")
    with pytest.raises(UserError, match="spell_count"):
        cumulative_incidence(_spells([(1, "exit", 2)]).drop(columns="spell_count"), "RSA")


def test_result_is_frozen_and_carries_the_design(alternating: pd.DataFrame):
    result = cumulative_incidence(alternating, "RSA")
    assert set(result.to_frame()["design_sha256"]) == {load_design().sha256}
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.benefit_code = "PPA"


def test_left_truncated_spells_are_at_risk_only_once_seen():
    """lifelines' delayed entry; without it, spells seen late would make retention look longer."""
    rng = np.random.default_rng(11)
    rows = pd.DataFrame({"entry_months": rng.integers(-1, 6, 300), "spell_count": 1,
                         "exit_code": rng.choice(["exit", "censored"], 300, p=[0.7, 0.3])})
    rows["duration_months"] = rows["entry_months"].clip(lower=0) + rng.integers(1, 15, 300)
    rival = KaplanMeierFitter().fit(rows["duration_months"], rows["exit_code"] == "exit", entry=rows["entry_months"])
    result = kaplan_meier(rows, "RSA")
    assert np.allclose(result.retained_share, rival.survival_function_at_times(result.duration_months), atol=1e-12)
    assert result.spell_count == 300
    late = pd.DataFrame({"entry_months": [-1, 8], "duration_months": [3, 9], "exit_code": "exit", "spell_count": 1})
    assert "finissent avant" in str(cumulative_incidence(late, "RSA"))
    assert "après sa fin" in str(cumulative_incidence(late.assign(entry_months=9), "RSA"))


def test_a_curve_explains_itself_in_french(alternating: pd.DataFrame):
    result = cumulative_incidence(alternating, "RSA")
    assert "à 12 mois" in result.explain()
    assert "non un effet" in result.explain()
    assert "facet" in result.plot().to_dict()


def test_narrow_types_give_the_float64_answer(alternating: pd.DataFrame):
    wanted = cumulative_incidence(alternating, "RSA")
    result = cumulative_incidence(alternating.astype({"duration_months": "float32", "spell_count": "int8"}), "RSA")
    assert result.to_frame().equals(wanted.to_frame())
    assert result.spell_count == wanted.spell_count
