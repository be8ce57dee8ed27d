"""Group-time effects equal the published values of `mpdta` (R package `did`), and say when they cannot be had."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from tznr_platform.errors import UserError
from tznr_platform.estimation.bands import Band
from tznr_platform.estimation.group_time import GroupTimeEffects, group_time_effects, quarter_number
from tznr_platform.estimation.verdict import NotEstimable

COLUMNS = {"outcome": "lemp", "unit": "countyreal", "period": "year", "cohort": "first.treat"}
CELLS = [(g, t) for g in (2004, 2006, 2007) for t in (2004, 2005, 2006, 2007)]
EFFECTS = {
    ("never", (), "dr"): [
        (-0.010503, 0.023251), (-0.070423, 0.030985), (-0.137259, 0.036436), (-0.100811, 0.034359),
        (0.006520, 0.023327), (-0.002751, 0.019559), (-0.004595, 0.017755), (-0.041224, 0.020229),
        (0.030507, 0.015034), (-0.002726, 0.016396), (-0.031087, 0.017878), (-0.026054, 0.016655)],
    ("not_yet", (), "dr"): [
        (-0.019372, 0.022310), (-0.078319, 0.030390), (-0.136274, 0.035403), (-0.100811, 0.034359),
        (-0.002563, 0.022530), (-0.001939, 0.019042), (0.004661, 0.016336), (-0.041224, 0.020229),
        (0.029759, 0.014534), (-0.002411, 0.016031), (-0.031087, 0.017878), (-0.026054, 0.016655)],
    ("never", ("lpop",), "dr"): [
        (-0.014530, 0.022129), (-0.076422, 0.028671), (-0.140448, 0.035378), (-0.106904, 0.032886),
        (-0.000472, 0.022223), (-0.006203, 0.018496), (0.000961, 0.019400), (-0.041294, 0.019721),
        (0.026728, 0.014066), (-0.004577, 0.015718), (-0.028447, 0.018181), (-0.028781, 0.016239)],
}
AVERAGES = {
    ("never", (), "dr"): [(-0.039951, 0.012034), (-0.077240, 0.019965), (-0.031018, 0.012446), (-0.041700, 0.015972)],
    ("not_yet", (), "dr"): [(-0.039764, 0.012052), (-0.077399, 0.019560), (-0.030462, 0.012575),
                            (-0.044267, 0.015571)],
    ("never", ("lpop",), "dr"): [(-0.041752, 0.011503), (-0.080354, 0.018958), (-0.032820, 0.011898),
                                 (-0.044177, 0.015038)],
    ("never", ("lpop",), "reg"): [(-0.041969, 0.011445), (-0.080782, 0.018746), (-0.032929, 0.011860),
                                  (-0.044532, 0.014885)],
}


@pytest.fixture(scope="module")
def mpdta(shared_data) -> pd.DataFrame:
    return pd.read_csv(shared_data / "reference" / "mpdta" / "mpdta.csv")


def estimated(frame: pd.DataFrame, case: tuple, **options: object) -> GroupTimeEffects:
    control, covariates, method = case
    return group_time_effects(frame, **COLUMNS, control=control, covariates=covariates, method=method, **options)


@pytest.mark.parametrize("case", EFFECTS, ids=str)
def test_effects_and_errors_are_the_published_ones(mpdta, case):
    found = estimated(mpdta, case)
    assert list(zip(found.groups, found.periods, strict=True)) == CELLS
    assert np.column_stack([found.estimates, found.standard_errors]) == pytest.approx(np.array(EFFECTS[case]), abs=1e-6)


@pytest.mark.parametrize("case", AVERAGES, ids=str)
def test_averages_and_errors_are_the_published_ones(mpdta, case):
    found = estimated(mpdta, case)
    averages = [found.aggregate(kind) for kind in ("simple", "dynamic", "group", "calendar")]
    published = np.array(AVERAGES[case])
    assert [average.overall for average in averages] == pytest.approx(published[:, 0], abs=1e-6)
    assert [average.standard_errors[0] for average in averages] == pytest.approx(published[:, 1], abs=1e-6)


def test_dynamic_effects_by_exposure(mpdta):
    found = estimated(mpdta, ("never", (), "dr")).aggregate("dynamic")
    assert found.parts.tolist() == [-3, -2, -1, 0, 1, 2, 3]
    assert found.estimates[1:] == pytest.approx(
        [0.030507, -0.000563, -0.024459, -0.019932, -0.050957, -0.137259, -0.100811], abs=1e-6)


def test_exposures_of_the_same_cohorts(mpdta):
    """Vignette « Getting started » of ``did``, ``balance_e = 1``: 2004 and 2006 alone, overall -0.0288."""
    found = estimated(mpdta, ("never", (), "dr"))
    balanced = found.aggregate("dynamic", balanced_through=1)
    assert balanced.parts.tolist() == [-2, -1, 0, 1]
    assert balanced.estimates == pytest.approx([-0.0288, 0.0065, -0.0028, -0.0066, -0.0510], abs=5e-5)
    assert isinstance(found.aggregate("dynamic", balanced_through=4), NotEstimable)
    for kind, through in (("group", 1), ("dynamic", -1)):
        with pytest.raises(UserError, match="Équilibrage"):
            found.aggregate(kind, balanced_through=through)


def test_universal_base_is_relative_to_the_last_period_before(mpdta):
    found = estimated(mpdta, ("never", (), "dr"), base="universal").aggregate("dynamic").to_frame().set_index("part")
    assert found.loc[[-4, -3, -2, -1], "estimate"].tolist() == pytest.approx(
        [0.003306, 0.025022, 0.024459, 0], abs=1e-6)


@pytest.mark.parametrize(("case", "published"), [
    (("never", (), "dr"), (7.79124, 5, 0.16812)), (("never", ("lpop",), "reg"), (6.86128, 5, 0.23116))], ids=str)
def test_pre_test(mpdta, case, published):
    assert estimated(mpdta, case).pre_test() == pytest.approx(published, abs=1e-5)


def test_small_types_and_row_order_change_nothing(mpdta):
    case = ("never", ("lpop",), "dr")
    packed = mpdta.astype({"year": "int16", "first.treat": "int16"}).sample(frac=1, random_state=3)
    packed["lemp"] = packed["lemp"].astype("float32")
    wide = packed.astype("float64")
    assert np.array_equal(estimated(packed, case).estimates, estimated(wide, case).estimates)
    never = wide.assign(**{"first.treat": wide["first.treat"].where(wide["first.treat"] > 0).astype("Int16")})
    assert np.array_equal(estimated(never, case).estimates, estimated(wide, case).estimates)


def test_records_say_themselves_in_french(mpdta):
    found = estimated(mpdta, ("never", (), "dr"))
    assert found.explain() == "12\u00a0effets par cohorte et période." and found.plot() is not None
    dynamic = found.aggregate("dynamic")
    assert dynamic.explain() == "Effet moyen après le début : −0,077 (durée d'exposition)."
    assert dynamic.plot() is not None and found.aggregate("simple").explain().endswith("−0,040 (ensemble).")
    assert "simultanée à 95" in found.band(seed=1).explain() and found.band(seed=1).plot() is not None


def test_nobody_treated_is_said():
    frame = pd.DataFrame({"u": [1, 1, 2, 2], "t": [1, 2, 1, 2], "y": [0.0, 1, 0, 1], "g": 0})
    found = group_time_effects(frame, outcome="y", unit="u", period="t", cohort="g")
    assert isinstance(found, NotEstimable) and "aucune unité" in found.reason


def test_perfect_separation_is_said():
    frame = pd.DataFrame({"u": np.repeat(range(8), 2), "t": [1, 2] * 8, "y": np.arange(16.0),
                          "g": np.repeat([2] * 4 + [0] * 4, 2), "x": np.repeat([1.0, 2, 3, 4, 11, 12, 13, 14], 2)})
    found = group_time_effects(frame, outcome="y", unit="u", period="t", cohort="g", covariates=("x",))
    assert not len(found.estimates) and "séparent" in found.not_estimable[0].reason
    assert isinstance(found.aggregate("simple"), NotEstimable)


@pytest.mark.parametrize("spoil", [
    lambda frame: frame.iloc[1:], lambda frame: pd.concat([frame, frame.head(1)]),
    lambda frame: frame.drop(columns="g"), lambda frame: frame.assign(g=[2, 1, 0, 0]),
    lambda frame: frame.assign(t=["2024-01", "2024-02"] * 2), lambda frame: frame.assign(y="a")])
def test_a_panel_with_holes_is_refused(spoil):
    frame = pd.DataFrame({"u": [1, 1, 2, 2], "t": [1, 2, 1, 2], "y": [0.0, 1, 0, 2], "g": [2, 2, 0, 0]})
    with pytest.raises(UserError):
        group_time_effects(spoil(frame), outcome="y", unit="u", period="t", cohort="g")


@pytest.mark.parametrize(("spoil", "word"), [
    (lambda frame: frame.assign(y=np.nan), "manquent"), (lambda frame: frame.head(0), "aucune donnée"),
    (lambda frame: frame.assign(x=[1.0, np.nan, 0, 0]), "covariables"), (lambda frame: frame, "covariables"),
    (lambda frame: frame.assign(y=1.0, x=1.0), "même valeur"),
    (lambda frame: frame.assign(y=[np.inf, 1, 1, 1]), "manquent"),
    (lambda frame: frame.assign(g=2, x=1.0), "comparaison"), (lambda frame: frame.assign(g=1, x=1.0), "aucune unité")])
def test_data_that_cannot_carry_an_effect_say_why(spoil, word):
    frame = spoil(pd.DataFrame({"u": [1, 1, 2, 2], "t": [1, 2, 1, 2], "y": [0.0, 1, 0, 2], "g": [2, 2, 0, 0]}))
    found = group_time_effects(frame, outcome="y", unit="u", period="t", cohort="g", covariates=("x",))
    reason = found.reason if isinstance(found, NotEstimable) else found.not_estimable[0].reason
    assert word in reason


def test_unknown_options_stop():
    frame = pd.DataFrame({"u": [1, 1, 2, 2], "t": [1, 2, 1, 2], "y": [0.0, 1, 0, 2], "g": [2, 2, 0, 0]})
    for option in ({"control": "all"}, {"base": "long"}, {"method": "ols"}, {"anticipation": -1},
                   {"anticipation": 1.5}):
        with pytest.raises(UserError):
            group_time_effects(frame, outcome="y", unit="u", period="t", cohort="g", **option)
    with pytest.raises(UserError):
        group_time_effects(frame, outcome="y", unit="u", period="t", cohort="g").aggregate("mean")


def test_quarters_follow_each_other():
    assert [quarter_number(month) for month in ("2023-12", "2024-01", "2024-03", "2024-04")] == [8095, 8096, 8096, 8097]
    for wrong in ("février", "2024-13", "2024"):
        with pytest.raises(UserError, match="lisible"):
            quarter_number(wrong)


def test_weights_count_units_as_often(mpdta):
    """A unit of weight two is the same as that unit twice."""
    doubled = mpdta.assign(w=np.where(mpdta["countyreal"] % 2 == 0, 2.0, 1.0))
    even = mpdta[mpdta["countyreal"] % 2 == 0]
    twice = pd.concat([mpdta, even.assign(countyreal=even["countyreal"] + 1_000_000)])
    for method in ("reg", "ipw", "dr"):
        weighted = estimated(doubled, ("never", ("lpop",), method), weight="w")
        repeated = estimated(twice, ("never", ("lpop",), method))
        assert weighted.estimates == pytest.approx(repeated.estimates, abs=1e-9)


@pytest.mark.parametrize("weight", [0.0, -1.0])
def test_a_weight_is_positive(mpdta, weight):
    found = group_time_effects(mpdta.assign(w=np.where(mpdta["year"] > 2003, 1.0, weight)), **COLUMNS, weight="w")
    assert isinstance(found, NotEstimable) and "poids" in found.reason


def test_influence_functions_have_no_mean(mpdta):
    for method in ("reg", "ipw", "dr"):
        assert np.abs(estimated(mpdta, ("not_yet", ("lpop",), method)).influence.mean(axis=0)).max() < 1e-10


def test_an_unscaled_covariate_changes_nothing(mpdta):
    case = ("never", ("lpop",), "dr")
    large = mpdta.assign(lpop=mpdta["lpop"] * 1e6 + 1e9)
    assert estimated(large, case).estimates == pytest.approx(estimated(mpdta, case).estimates, abs=1e-7)


def test_bands_hold_all_effects_and_do_not_depend_on_threads(mpdta):
    found = estimated(mpdta, ("never", (), "dr"))
    band = found.band("dynamic", seed=1)
    assert band.standard_errors == pytest.approx(found.aggregate("dynamic").standard_errors, rel=0.15)
    assert 2.2 < band.critical < 3.2  # 1.96 for one effect, about 2.7 for seven
    with threadpool_limits(1):
        alone = found.band("dynamic", seed=1)
    assert alone.to_frame().equals(band.to_frame())
    assert isinstance(estimated(mpdta[mpdta["first.treat"] < 2007], ("never", (), "dr")).band(seed=1), Band)
    small = mpdta[mpdta["first.treat"].isin([0, 2004])]
    assert isinstance(estimated(small, ("never", (), "dr")).band("simple", seed=1), NotEstimable)


@pytest.mark.parametrize(("options", "theirs"), [
    ({"anticipation": 1}, {"anticipation": 1}), ({"anticipation": 2, "control": "not_yet"}, {"anticipation": 2}),
    ({"base": "universal", "anticipation": 1}, {"anticipation": 1}), ({"weight": "w"}, {"weights_name": "w"})], ids=str)
@pytest.mark.filterwarnings("ignore:Dropped")
def test_anticipation_and_weights_are_those_of_csdid(mpdta, options, theirs):
    from csdid import att_gt as rival

    rows = mpdta.assign(w=1 + mpdta["countyreal"] % 7)
    control = "notyettreated" if "control" in options else "nevertreated"
    other = rival.ATTgt(yname="lemp", tname="year", idname="countyreal", gname="first.treat", data=rows.copy(),
                        control_group=[control], xformla="lemp~lpop", **theirs).fit(
        est_method="dr", base_period=options.get("base", "varying"), bstrap=False)
    ours = group_time_effects(rows, **COLUMNS, covariates=("lpop",), **options)
    assert (ours.groups.tolist(), ours.periods.tolist()) == (other.results["group"], other.results["year"])
    assert ours.estimates == pytest.approx(np.array(other.results["att"], float), abs=1e-9)
    assert ours.aggregate("group").overall == pytest.approx(
        other.aggte(typec="group", bstrap=False, cband=False).atte["overall_att"], abs=1e-9)


@pytest.mark.parametrize("control", ["never", "not_yet"])
@pytest.mark.parametrize("covariates", [(), ("lpop",)])
@pytest.mark.parametrize("method", ["dr", "reg", "ipw"])
def test_effects_are_those_of_csdid(mpdta, control, covariates, method):
    from csdid import att_gt as rival

    names = {"never": "nevertreated", "not_yet": "notyettreated"}
    other = rival.ATTgt(yname="lemp", tname="year", idname="countyreal", gname="first.treat", data=mpdta.copy(),
                        control_group=[names[control]], xformla=f"lemp~{'+'.join(covariates) or '1'}").fit(
        est_method=method, base_period="varying", bstrap=False)
    ours = estimated(mpdta, (control, covariates, method))
    theirs = pd.DataFrame({"group": other.results["group"], "period": other.results["year"],
                           "att": other.results["att"], "se": np.ravel(other.results["se"])})
    found = ours.to_frame().merge(theirs, on=["group", "period"])
    assert len(found) == 12
    assert found["estimate"].to_numpy() == pytest.approx(found["att"].to_numpy(float), abs=1e-6)
    assert found["standard_error"].to_numpy() == pytest.approx(found["se"].to_numpy(float), abs=1e-6)
