"""Monthly hazards and Cox's model: the published values of Rossi, Berk and Lenihan's released prisoners and of lung."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from lifelines.datasets import load_leukemia, load_lung, load_rossi, load_stanford_heart_transplants

from tznr_platform.errors import UserError
from tznr_platform.estimation.cox import cox_check
from tznr_platform.estimation.hazard import discrete_hazard
from tznr_platform.estimation.verdict import NotEstimable

COVARIATES = ("fin", "age", "race", "wexp", "mar", "paro", "prio")


def _spells(rows: pd.DataFrame, duration: str, event: str) -> pd.DataFrame:
    return rows.assign(duration_months=rows[duration], exit_code=np.where(rows[event] == 1, "exit", "censored"),
                       spell_count=1)


@pytest.fixture
def rossi() -> pd.DataFrame:
    return _spells(load_rossi(), "week", "arrest")


@pytest.fixture(scope="session")
def employment(shared_data: Path) -> pd.DataFrame:
    """A row a person and week, with employment in that week (19 809 rows)."""
    released = pd.read_csv(shared_data / "reference" / "rossi" / "rossi.csv")
    yes = released.assign(race=(released["race"] == "black").astype(int),
                          mar=(released["mar"] == "married").astype(int),
                          **{name: (released[name] == "yes").astype(int) for name in ("fin", "wexp", "paro")})
    weeks = [yes[yes["week"] >= week].assign(
        entry_months=week - 1, duration_months=week, emp=lambda rows, w=week: (rows[f"emp{w}"] == "yes").astype(int),
        exit_code=lambda rows, w=week: np.where((rows["week"] == w) & (rows["arrest"] == 1), "exit", "censored"))
        for week in range(1, 53)]
    return pd.concat(weeks, ignore_index=True).assign(spell_count=1)


def _of(result, covariate: str) -> tuple[float, float]:
    row = result.to_frame().set_index("covariate").loc[covariate]
    return row["coefficient"], row["standard_error"]


def test_published_cox_of_rossi(rossi: pd.DataFrame):
    result = cox_check(rossi, "rossi", COVARIATES)
    table = result.to_frame().set_index("covariate")
    published = {"fin": (-0.379422, 0.191379), "age": (-0.057438, 0.021999), "race": (0.313900, 0.307993),
                 "wexp": (-0.149796, 0.212224), "mar": (-0.433704, 0.381868), "paro": (-0.084871, 0.195757),
                 "prio": (0.091497, 0.028649)}
    for name, values in published.items():
        assert tuple(table.loc[name, ["coefficient", "standard_error"]]) == pytest.approx(values, abs=1e-6)
    assert result.log_likelihood == pytest.approx(-658.747660, abs=1e-6)
    assert result.likelihood_ratio == pytest.approx(33.265946, abs=1e-6)
    assert result.concordance == pytest.approx(0.640329, abs=1e-6)
    assert table["proportional_statistic"][["age", "wexp"]].tolist() == pytest.approx([11.4535, 7.3149], abs=1e-4)
    assert "age, wexp" in result.explain()


@pytest.mark.parametrize(("link", "fin", "prio"), [
    ("cloglog", (-0.38017, 0.19138), (0.09177, 0.02864)), ("logit", (-0.38288, 0.19233), (0.09229, 0.02888)),
    ("log", (-0.379022, 0.191364), (0.091112, 0.028631))])
def test_published_grouped_time_models_of_rossi(rossi: pd.DataFrame, link: str, fin: tuple, prio: tuple):
    result = discrete_hazard(rossi, "rossi", COVARIATES, link=link)
    assert _of(result, "fin") == pytest.approx(fin, abs=6e-6)
    assert _of(result, "prio") == pytest.approx(prio, abs=6e-6)
    assert (result.person_month_count, result.event_count.sum()) == (19809, 114)


def test_log_link_is_cox_with_breslow_ties(rossi: pd.DataFrame):
    result = discrete_hazard(rossi, "rossi", COVARIATES, link="log")
    ties = result.event_count
    assert result.log_likelihood - (ties * np.log(ties) - ties).sum() == pytest.approx(-659.120606, abs=1e-6)


def test_published_employment_that_changes_every_week(employment: pd.DataFrame):
    result = cox_check(employment, "rossi", ("emp", *COVARIATES))
    assert _of(result, "emp") == pytest.approx((-1.32832, 0.25072), abs=6e-6)
    assert _of(result, "fin") == pytest.approx((-0.35672, 0.19113), abs=6e-6)
    assert result.concordance is None
    assert "non testée" in result.explain()
    grouped = discrete_hazard(employment, "rossi", ("emp", *COVARIATES))
    assert _of(grouped, "emp") == pytest.approx((-1.32832, 0.25072), abs=0.002)


def test_published_cox_of_lung():
    patients = load_lung().rename(columns={"ph.ecog": "ecog"}).dropna(subset=["ecog"])
    result = cox_check(_spells(patients, "time", "status"), "lung", ("sex", "age", "ecog"))
    assert result.to_frame()["coefficient"].tolist() == pytest.approx([-0.55261, 0.01107, 0.46373], abs=6e-6)


def test_published_cox_of_heart_transplants():
    """R package ``survival``, help of ``heart``: the transplant changes within a patient; printed digits."""
    patients = load_stanford_heart_transplants().rename(columns={"start": "entry_months"})
    result = cox_check(_spells(patients, "stop", "event"), "transplant", ("age", "year", "surgery", "transplant"))
    published = [(0.02717, 0.01371), (-0.14635, 0.07047), (-0.63721, 0.36723), (-0.01025, 0.31375)]
    assert list(zip(result.coefficients["coefficient"], result.coefficients["standard_error"], strict=True)) == [
        pytest.approx(pair, abs=6e-6) for pair in published]
    assert result.likelihood_ratio == pytest.approx(15.11, abs=5e-3) and result.event_count == 75


def test_published_models_of_leukemia():
    """Freireich (1963): Efron's ties 1.5721 (0.4124), Breslow's 1.5092 (0.4096), as every textbook prints them."""
    rows = _spells(load_leukemia(), "t", "status")
    assert _of(cox_check(rows, "6-MP", ("Rx",)), "Rx") == pytest.approx((1.5721, 0.4124), abs=5e-5)
    assert _of(discrete_hazard(rows, "6-MP", ("Rx",), link="log"), "Rx") == pytest.approx((1.5092, 0.4096), abs=5e-5)


def test_counts_narrow_types_and_split_spells_give_the_same(rossi: pd.DataFrame):
    wanted = discrete_hazard(rossi, "rossi", ("fin", "prio"))
    counted = rossi.groupby(["duration_months", "exit_code", "fin", "prio"], as_index=False)["spell_count"].sum()
    early = rossi[rossi["duration_months"] > 20]
    split = pd.concat([rossi.assign(entry_months=-1)[rossi["duration_months"] <= 20],
                       early.assign(entry_months=-1, duration_months=20, exit_code="censored"),
                       early.assign(entry_months=20)])
    narrow = rossi.astype({"fin": "int8", "prio": "float32", "duration_months": "int8", "spell_count": "int8"})
    for same in (counted, narrow, split):
        result = discrete_hazard(same, "rossi", ("fin", "prio"))
        assert np.allclose(result.coefficients, wanted.coefficients, atol=1e-8)
        assert result.person_month_count == wanted.person_month_count


def test_jackknife_over_clusters_is_the_spread_of_the_refits(rossi: pd.DataFrame):
    rossi = rossi.assign(territory_code=[f"T{i % 12:02d}" for i in range(len(rossi))])
    result = discrete_hazard(rossi, "rossi", ("fin",), clusters="territory_code")
    without = [discrete_hazard(rossi[rossi["territory_code"] != code], "rossi", ("fin",)).coefficients[0]
               for code in sorted(set(rossi["territory_code"]))]
    expected = np.sqrt(11 / 12 * ((np.array(without) - result.coefficients[0]) ** 2).sum())
    assert result.standard_error[0] == pytest.approx(expected, abs=1e-8)
    assert result.cluster_count == 12


def test_hazards_of_competing_exits_use_their_own_exits(rossi: pd.DataFrame):
    other = rossi.assign(exit_code=np.where(rossi["duration_months"] % 2, rossi["exit_code"], "transition"))
    both = discrete_hazard(other, "rossi", ("fin",))
    one = discrete_hazard(other, "rossi", ("fin",), exit_code="exit")
    assert 0 < one.event_count.sum() < both.event_count.sum()
    assert (one.baseline_frame()["hazard_share"] < 1).all()


def test_words_become_dummies_and_the_model_explains_itself(rossi: pd.DataFrame):
    rossi = rossi.assign(aide=np.where(rossi["fin"] == 1, "avec", "sans"))
    result = discrete_hazard(rossi, "RSA", ("aide",))
    assert result.covariates in {("aide=avec",), ("aide=sans",)}
    assert "rapport de risques" in result.explain()
    assert "layer" in result.plot().to_dict()
    assert not result.to_frame().isna().any().any()


@pytest.mark.parametrize("model", [discrete_hazard, cox_check])
@pytest.mark.parametrize(("change", "covariates"), [
    ({"exit_code": "censored"}, ("fin",)),
    ({"fin": 1}, ("fin",)),
    ({"fin": np.nan}, ("fin",)),
    ({"spell_count": 0}, ("fin",)),
    ({}, ("revenu",)),
    ({}, ()),
    ({"twice": lambda rows: 2 * rows["fin"]}, ("fin", "twice")),
    ({"fin": lambda rows: (rows["exit_code"] == "exit").astype(int)}, ("fin",)),
])
def test_data_that_carry_no_estimate_say_so_in_french(rossi: pd.DataFrame, model, change: dict, covariates: tuple):
    result = model(rossi.assign(**change), "RSA", covariates)
    assert isinstance(result, NotEstimable)
    assert result.reason.endswith(".")


def test_one_cluster_carries_no_interval(rossi: pd.DataFrame):
    result = discrete_hazard(rossi.assign(territory_code="T01"), "RSA", ("fin",), clusters="territory_code")
    assert "une seule grappe" in str(result)
    with pytest.raises(UserError, match="Lien inconnu"):
        discrete_hazard(rossi, "RSA", ("fin",), link="probit")
    with pytest.raises(UserError, match="Colonnes absentes"):
        discrete_hazard(rossi, "RSA", ("fin",), clusters="territory_code")


@pytest.mark.parametrize("model", [discrete_hazard, cox_check])
def test_an_unknown_exit_stops_and_an_infinite_value_is_said(rossi: pd.DataFrame, model):
    """Without it, an exit that was not filled in would count as an exit."""
    for exit_code in (None, "radiation"):
        with pytest.raises(UserError, match="Sortie inconnue"):
            model(rossi.assign(exit_code=rossi["exit_code"].where(rossi.index > 0, exit_code)), "RSA", ("fin",))
    for change in ({"duration_months": np.inf}, {"age": np.inf}, {"spell_count": 0.5}):
        assert isinstance(model(rossi.assign(**change), "RSA", ("fin", "age")), NotEstimable)
    with pytest.raises(UserError, match="pas des nombres"):
        cox_check(rossi.assign(fin="oui"), "RSA", ("fin",))
