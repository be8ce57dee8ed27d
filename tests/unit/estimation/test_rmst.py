"""Restricted means and log-rank: published values, lifelines, a bootstrap, a curve that is checked by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from lifelines import KaplanMeierFitter
from lifelines.datasets import load_leukemia, load_lung, load_rossi
from lifelines.utils import restricted_mean_survival_time

from tznr_platform.errors import UserError
from tznr_platform.estimation.retention import cumulative_incidence, kaplan_meier
from tznr_platform.estimation.rmst import log_rank, restricted_mean, rmst_difference
from tznr_platform.estimation.verdict import NotEstimable


def _observed(duration: pd.Series, has_event: pd.Series) -> pd.DataFrame:
    return pd.DataFrame({"duration_months": duration, "exit_code": np.where(has_event, "exit", "censored"),
                         "spell_count": 1})


def _spells(rows: list[tuple[float, str, int]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["duration_months", "exit_code", "spell_count"])


@pytest.fixture
def lung() -> dict[str, pd.DataFrame]:
    patients = load_lung()
    return {name: _observed(rows["time"], rows["status"] == 1)
            for name, rows in (("hommes", patients[patients["sex"] == 1]), ("femmes", patients[patients["sex"] == 2]))}


@pytest.fixture
def competing() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    leaving, censoring = np.ceil(rng.exponential(10, 400)), np.ceil(rng.exponential(20, 400))
    code = np.where(leaving <= censoring, np.where(rng.random(400) < 0.4, "exit", "transition"), "censored")
    return pd.DataFrame({"duration_months": np.minimum(leaving, censoring), "exit_code": code, "spell_count": 1})


def test_published_log_rank_of_lung_and_rossi(lung: dict[str, pd.DataFrame]):
    result = log_rank(lung)
    assert (result.statistic, result.p_value) == pytest.approx((10.326742, 0.001311), abs=1e-6)
    rossi = load_rossi()
    groups = {str(fin): _observed(rows["week"], rows["arrest"] == 1) for fin, rows in rossi.groupby("fin")}
    assert log_rank(groups).statistic == pytest.approx(3.837570, abs=1e-6)


def test_published_curves_of_leukemia():
    """Freireich (1963) as in Kalbfleisch and Prentice: log-rank 16.79, medians 23 and 8, kept 0.857 and 0.448."""
    rows = load_leukemia()
    groups = {str(arm): _observed(one["t"], one["status"] == 1) for arm, one in rows.groupby("Rx")}
    treated, placebo = (kaplan_meier(one, "leucémie") for one in groups.values())
    assert log_rank(groups).statistic == pytest.approx(16.793, abs=5e-4)
    assert (treated.median_months, placebo.median_months) == (23, 8)
    assert [treated.retained_at(week) for week in (6, 23)] == pytest.approx([0.857, 0.448], abs=5e-4)
    errors = treated.standard_error[0][[0, 1, 3, 5, 6]]
    assert errors == pytest.approx([0.0764, 0.0869, 0.0963, 0.1068, 0.1141], abs=5e-5)


def test_log_rank_of_late_entries_is_that_of_a_score_test():
    """At risk from the entry on only: the score test of Cox's model with delayed entry, coefficients at zero."""
    rng = np.random.default_rng(3)
    rows = pd.DataFrame({"entry_months": rng.integers(-1, 5, 200), "group": rng.integers(0, 2, 200), "spell_count": 1})
    rows["duration_months"] = rows["entry_months"] + 1 + 10 * rng.random(200)
    rows["exit_code"] = np.where(rng.random(200) < 0.7, "exit", "censored")
    gap = variance = 0.0
    for month in rows.loc[rows["exit_code"] == "exit", "duration_months"]:
        seen = rows[(rows["entry_months"] < month) & (rows["duration_months"] >= month)]
        share = seen["group"].mean()
        gap += rows.loc[rows["duration_months"] == month, "group"].iloc[0] - share
        variance += share * (1 - share)
    found = log_rank({str(group): one for group, one in rows.groupby("group")})
    assert found.statistic == pytest.approx(gap**2 / variance)


def test_area_checked_by_hand():
    """Ten spells: two exits at 2 months, one transition at 4, the rest kept 6: 2 + 2 x 0.8 + 2 x 0.7 = 5."""
    mean = restricted_mean(cumulative_incidence(_spells([(2, "exit", 2), (4, "transition", 1), (6, "censored", 7)]),
                                                "RSA"), 6)
    assert mean.kept == pytest.approx(5)
    assert dict(zip(mean.exit_codes, mean.lost, strict=True)) == pytest.approx({"exit": 0.8, "transition": 0.2})
    greenwood = (3**2 * 2 / (10 * 8)) + (1.4**2 * 1 / (8 * 7))
    assert mean.standard_error == pytest.approx(np.sqrt(greenwood), abs=1e-12)


def test_equals_lifelines(lung: dict[str, pd.DataFrame]):
    for rows in lung.values():
        fitted = KaplanMeierFitter().fit(rows["duration_months"], rows["exit_code"] == "exit")
        mean = restricted_mean(kaplan_meier(rows, "lung"), 365)
        assert mean.kept == pytest.approx(restricted_mean_survival_time(fitted, 365), abs=1e-9)


def test_kept_and_lost_months_add_up_and_errors_are_those_of_a_bootstrap(competing: pd.DataFrame):
    mean = restricted_mean(cumulative_incidence(competing, "RSA"))
    assert mean.kept + sum(mean.lost) == pytest.approx(12)
    again = [restricted_mean(cumulative_incidence(competing.sample(400, replace=True, random_state=seed), "RSA"))
             for seed in range(200)]
    assert mean.standard_error == pytest.approx(np.std([one.kept for one in again]), rel=0.12)
    assert mean.lost_standard_error == pytest.approx(np.std([one.lost for one in again], axis=0), rel=0.12)


def test_difference_of_two_groups(lung: dict[str, pd.DataFrame]):
    curves = {name: kaplan_meier(rows, name) for name, rows in lung.items()}
    difference = rmst_difference(curves["femmes"], curves["hommes"], 365)
    assert difference.low < difference.estimate < difference.high
    assert 0 < difference.p_value < 0.001
    assert difference.estimate == pytest.approx(55.970324, abs=1e-6)
    assert "55,97 mois" in difference.explain()
    assert {"layer"} <= set(difference.plot().to_dict())
    assert not difference.to_frame().isna().any().any()
    assert not difference.first.to_frame().isna().any().any()


def test_what_cannot_be_compared_says_why():
    short = cumulative_incidence(_spells([(2, "exit", 2), (6, "censored", 7)]), "RSA")
    assert "le suivi s'arrête à 6 mois" in str(restricted_mean(short))
    censored = cumulative_incidence(_spells([(6, "censored", 7)]), "PPA")
    assert rmst_difference(short, censored, 6) is censored
    late = cumulative_incidence(_spells([(8, "exit", 2), (12, "censored", 7)]), "AL")
    assert "aucune sortie avant 6 mois" in str(rmst_difference(short, late, 6))
    assert isinstance(log_rank({"a": _spells([(6, "censored", 7)]), "b": _spells([(6, "censored", 1)])}), NotEstimable)
    assert isinstance(log_rank({"a": _spells([(6, "exit", 7)])}), NotEstimable)
    with pytest.raises(UserError, match="horizon"):
        restricted_mean(short, 0)


def test_everyone_left_before_the_horizon_leaves_no_nan():
    mean = restricted_mean(cumulative_incidence(_spells([(2, "exit", 2), (5, "exit", 7)]), "RSA"))
    assert mean.kept == pytest.approx(2 + 3 * 7 / 9)
    assert np.isfinite(mean.to_frame().select_dtypes("number")).all().all()
