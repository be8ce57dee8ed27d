"""From a description to an interval: hypotheses, legal periods, ceilings, cache. Reproducible from the lists alone."""

from __future__ import annotations

import functools
import itertools
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from tznr_platform.contracts import contract, reference
from tznr_platform.entitlements import amounts, health_cover, hypotheses, intervals, legal_periods, simulation
from tznr_platform.settings import Settings
from tznr_platform.storage import connect, theoretical

CENTS = {"abs": 0.02}
FIELDS = {"age_band_code": "tranche_age", "family_code": "situation_familiale", "housing_code": "statut_logement",
          "activity_code": "situation_activite"}


def _described(**changes: object) -> dict:
    return {"department_code": "91", "first_contact_month": "2025-05-01", "age_band_code": "35_44",
            "family_code": "seul", "child_count": 0, "housing_code": "heberge", "activity_code": "inactivite"} | changes


def _classify(settings: Settings, rows: list[dict]) -> tuple[pd.DataFrame, int]:
    columns = ", ".join(f"cast({name} as {kind}) as {name}" for name, kind in theoretical.DESCRIPTION.items())
    with connect(None, settings=settings) as con:
        con.execute("create schema reference")
        con.register("benefits", pd.DataFrame(reference("benefits")))
        con.execute("create table reference.benefits as from benefits")
        con.register("rows", pd.DataFrame(rows).astype({"child_count": "Int64"}))
        con.execute(f"create temp table described as select {columns} from rows")
        computed = intervals.classify(con, settings, "described")
        return con.execute("from classified").df(), computed


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(data_dir=tmp_path_factory.mktemp("entitlements"))


@pytest.fixture(scope="module")
def in_process() -> None:
    """The legislation once for all tests of this module, instead of once a process apart."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(amounts, "compute_isolated", amounts.compute)
        yield


@pytest.fixture(scope="module")
def answers(settings: Settings, in_process: None) -> pd.DataFrame:
    """Twelve descriptions of May 2025, by the mark in their number of children or their département."""
    rows = {
        "alone": _described(), "tenant": _described(housing_code="locataire_prive"),
        "parent": _described(child_count=1), "number_unknown": _described(child_count=None),
        "couple": _described(family_code="couple"), "young": _described(age_band_code="18_24"),
        "student": _described(activity_code="etudes_formation"), "worker": _described(activity_code="emploi"),
        "pensioner": _described(age_band_code="75_plus", activity_code="retraite"),
        "old_no_pension": _described(age_band_code="75_plus"), "before_pension": _described(age_band_code="55_64"),
        "minor": _described(age_band_code="moins_18"), "mayotte": _described(department_code="976"),
        "reunion": _described(department_code="974", child_count=1), "nowhere": _described(department_code="",
                                                                                         child_count=1)}
    with pytest.MonkeyPatch.context() as patch:
        listed = [*reference("territories"), {"department_code": "976"}]
        patch.setattr(intervals, "reference", lambda name: listed if name == "territories" else reference(name))
        found, _ = _classify(settings, list(rows.values()))
    named = pd.DataFrame([row | {"name": name} for name, row in rows.items()])
    named["child_count"] = named["child_count"].astype("Int64")
    found["child_count"] = found["child_count"].astype("Int64")
    named["first_contact_month"] = pd.to_datetime(named["first_contact_month"])
    found["first_contact_month"] = pd.to_datetime(found["first_contact_month"])
    return found.merge(named, on=list(theoretical.DESCRIPTION)).set_index(["name", "benefit_code"])


@pytest.mark.parametrize(("name", "benefit", "code", "bounds"), [
    ("alone", "RSA", "certain", (568.94, 568.94)),
    ("tenant", "RSA", "certain", (568.94, 646.52)),
    ("parent", "RSA", "certain", (647.47, 707.88)),
    ("couple", "RSA", "possible", (0, 814.62)),
    ("young", "RSA", "certainly_not", (0, 0)),
    ("student", "RSA", "possible", (0, 568.94)),
    ("worker", "RSA", "possible", (0, 168.94)),
    ("pensioner", "RSA", "certainly_not", (0, 0)),
    ("alone", "PPA", "certainly_not", (0, 0)),
    ("worker", "PPA", "possible", (0, 244.00)),
    ("alone", "ASPA", "certainly_not", (0, 0)),
    ("pensioner", "ASPA", "possible", (0, 1034.29)),
    ("old_no_pension", "ASPA", "certain", (1034.29, 1034.29)),
    ("before_pension", "ASPA", "unknown", (None, None)),
    ("alone", "CSS_GRATUITE", "certain", (None, None)),
    ("young", "CSS_GRATUITE", "possible", (None, None)),
    ("worker", "CSS_GRATUITE", "possible", (None, None)),
    ("worker", "CSS_PARTICIPATION", "possible", (None, None)),
    ("alone", "CSS_PARTICIPATION", "certainly_not", (None, None)),
    ("alone", "AUTRE_MINIMUM", "unknown", (None, None)),
    ("alone", "AL", "unknown", (None, None)),
    ("minor", "RSA", "unknown", (None, None)),
    ("mayotte", "RSA", "unknown", (None, None)),
    ("reunion", "RSA", "certain", (619.58, 679.99)),
    ("nowhere", "RSA", "certain", (619.58, 707.88)),
])
def test_interval_of_a_description(answers: pd.DataFrame, name: str, benefit: str, code: str, bounds: tuple):
    row = answers.loc[(name, benefit)]
    assert row["entitlement_code"] == code
    for found, expected in zip(row[["low_eur", "high_eur"]], bounds, strict=True):
        assert np.isnan(found) if expected is None else found == pytest.approx(expected, **CENTS)


def test_an_unknown_number_of_children_spans_the_hypotheses(answers: pd.DataFrame):
    alone, unknown = answers.loc[("alone", "RSA")], answers.loc[("number_unknown", "RSA")]
    assert unknown["low_eur"] < alone["low_eur"] < unknown["high_eur"]


def test_every_statutory_benefit_has_an_answer(answers: pd.DataFrame):
    statutory = {row["benefit_code"] for row in reference("benefits") if row["is_statutory"] == "true"}
    assert set(answers.loc["alone"].index) == statutory
    simulated = {"RSA", "PPA", "ASPA", "CSS_GRATUITE", "CSS_PARTICIPATION"}
    others = answers[~answers.index.get_level_values("benefit_code").isin(simulated)]
    assert set(others["entitlement_code"]) == {"unknown"}


def test_what_is_known_is_never_computed_again(settings: Settings, answers: pd.DataFrame):
    same = [_described(), _described(age_band_code="45_54"), _described(department_code="59")]
    assert _classify(settings, same)[1] == 0
    assert _classify(settings, [*same, _described(child_count=2)])[1] == 2


def test_other_rules_forget_the_former_amounts(settings: Settings, answers: pd.DataFrame, monkeypatch):
    before = sorted(settings.lake_dir.glob("entitlements/amounts-*.parquet"))
    monkeypatch.setattr(amounts, "rules_hash", lambda: "0" * 16)
    assert _classify(settings, [_described()])[1] > 0
    after = sorted(settings.lake_dir.glob("entitlements/amounts-*.parquet"))
    assert len(before) == len(after) == 1 and before != after


def test_the_lake_names_nobody(settings: Settings, answers: pd.DataFrame):
    names = set(pd.read_parquet(next(settings.lake_dir.glob("entitlements/amounts-*.parquet"))).columns)
    assert not names & {"person_id", "pseudonym", "territory_code"}


@pytest.mark.parametrize("column", FIELDS)
def test_every_code_that_may_be_sent_has_its_hypotheses(column: str):
    sent = set(contract("personnes").field(FIELDS[column]).enum)
    listed = {row["value_code"] for row in reference("entitlement_hypotheses") if row["field_name"] == column}
    listed = listed or set(hypotheses.HOUSING_DEDUCTION)
    assert sent - listed <= {"moins_18"} and listed <= sent


def test_a_high_income_closes_every_entitlement():
    """It is the highest of the list, and leaves nothing even to the largest household a contract allows."""
    values = [int(value) for row in reference("entitlement_hypotheses") for part in row["assumptions"].split("|")
              for name, value in [part.split("=")] if name.endswith("_eur")]
    assert max(values) == hypotheses.HIGH_EUR
    most = contract("personnes").field("nombre_enfants").maximum
    case = dict.fromkeys(hypotheses.CASE, 0) | {
        "department_code": "974", "adult_age": 70, "partner_age": 70, "child_count": int(most), "is_student": False,
        "child_age": hypotheses.OLDER_CHILD, "is_housing_deducted": True, "pension_eur": hypotheses.HIGH_EUR}
    cases = pd.DataFrame([case, case | {"adult_age": 40, "partner_age": 40, "department_code": "75"}])
    found = amounts.compute(_pending(cases, ["2023-07", "2026-10"]))
    assert (found[["rsa_eur", "ppa_eur", "aspa_eur"]] == 0).all(axis=None)
    assert not found[["css_free", "css_participation"]].any(axis=None)


def test_every_territory_has_its_place_in_the_law():
    departments = {row["department_code"] for row in reference("territories")}
    assert {hypotheses.places(code) for code in departments} <= {"75", "974", "06", "75|974"}
    assert hypotheses.places("976") == ""


def test_slices_give_the_same_amounts(in_process: None, monkeypatch: pytest.MonkeyPatch):
    pending = _pending(_grid().iloc[::200], ["2025-05"])
    whole = amounts.compute(pending)
    monkeypatch.setattr(amounts, "SLICE", len(whole) // 2)
    assert amounts.compute(pending).equals(whole)


@pytest.mark.parametrize(("persons", "overseas", "month", "free", "participation"), [
    (1, False, "2023-05", 9719, 13120), (1, False, "2025-03", 10166, 13724), (2, False, "2024-04", 15249, 20586),
    (3, False, "2024-06", 18299, 24703), (4, False, "2024-06", 21349, 28820), (1, True, "2024-06", 11315, 15275),
    (1, False, "2025-04", 10339, 13957), (2, False, "2025-05", 15508, 20936), (4, False, "2025-05", 21712, 29311)])
def test_published_ceilings_of_the_health_cover(persons, overseas, month, free, participation):
    """Official tables of 2023 to 2025 (within one euro: they are rounded down from three persons on)."""
    found = health_cover.ceilings(np.array([persons]), month, is_overseas=np.array([overseas]))
    assert found[0][0] == pytest.approx(free, abs=1) and found[1][0] == pytest.approx(participation, abs=2)


def test_months_between_two_changes_of_law_give_the_same_answer():
    """Every month of the experiment, on a grid of the hypotheses: the answer is that of the first of its period."""
    months = [str(np.datetime64("2023-07", "M") + k) for k in range(42)]
    cases = _grid().iloc[::7].reset_index(drop=True)
    found = simulation.simulate_steady(cases, months)
    names = [*simulation.VARIABLES, *simulation.COVER_VARIABLES]
    by_month = {month: rows[names].reset_index(drop=True) for month, rows in found.groupby("month")}
    starts = [max(start for start in legal_periods.period_starts() if start <= month) for month in months]
    assert all(by_month[month].equals(by_month[start]) for month, start in zip(months, starts, strict=True))
    changes = sum(not by_month[a].equals(by_month[b]) for a, b in itertools.pairwise(months))
    assert changes >= 20


def test_no_parameter_that_is_read_changes_within_a_period(monkeypatch: pytest.MonkeyPatch):
    """OpenFisca-France tells every parameter it reads; contributions on wages feed the income tax, counted nowhere."""
    build, kept = simulation._build, []
    monkeypatch.setattr(simulation, "_build", lambda *given: kept.append(build(*given)) or _traced(kept[-1]))
    simulation.simulate_steady(_grid().iloc[::60].reset_index(drop=True), ["2024-05", "2025-09", "2026-08"])
    read = {re.sub(r"[<\[].*", "", name) for step in kept[0].tracer.get_flat_trace().values()
            for name in step["parameters"]}
    read.discard("cotisations_salarie_after_preprocessing._name")
    assert len(read) > 150
    changes = {start[:7] for name in read for start in _starts(functools.reduce(
        getattr, name.split("."), simulation.tax_benefit_system().parameters))}
    assert {start for start in changes if "2023-07" <= start <= "2026-12"} <= set(legal_periods.period_starts())


@pytest.mark.parametrize(("month", "rsa", "aspa"), [
    ("2023-07", 607.75, 11533.02), ("2024-04", 635.71, 12144.27), ("2025-04", 646.52, 12411.44),
    ("2026-04", 651.69, 12523.14)])
def test_published_scales_of_every_year(month: str, rsa: float, aspa: float):
    """Base amount without housing, monthly; ASPA of a person alone, yearly (domain 9.2)."""
    cases = _grid()
    alone = cases[(cases["partner_age"] == 0) & (cases["child_count"] == 0) & ~cases["is_housing_deducted"]
                  & (cases[["wage_eur", "unemployment_eur", "pension_eur"]].sum(axis=1) == 0) & ~cases["is_student"]
                  & (cases["department_code"] == "75")].reset_index(drop=True)
    found = simulation.simulate_steady(alone, [month]).assign(age=alone["adult_age"]).set_index("age")
    assert found.loc[40, "rsa"] == pytest.approx(rsa, **CENTS)
    assert found.loc[70, "aspa"] == pytest.approx(aspa / 12, **CENTS)


def test_steady_amounts_are_those_of_the_month_alone():
    """The same households, one month at a time and with their wages told month by month."""
    from tznr_platform.entitlements import households

    cases = _grid()
    cases = cases[(cases["unemployment_eur"] == 0) & (cases["pension_eur"] == 0) & (cases["partner_age"] < 65)
                  & ~cases["is_student"]].iloc[::11].reset_index(drop=True)
    described = cases.assign(
        household_id=cases.index, body_code="CNAF", partner_age=cases["partner_age"].where(cases["partner_age"] > 0),
        child_ages=[(age,) * count for age, count in zip(cases["child_age"], cases["child_count"], strict=True)],
        **dict.fromkeys(households.WAGES, cases["wage_eur"]),
        **dict.fromkeys(households.PARTNER_WAGES, cases["partner_income_eur"]))
    for month in ("2024-02", "2025-06"):
        alone = simulation.simulate(described, month)
        steady = simulation.simulate_steady(cases, [month, "2026-12"])
        for name in simulation.VARIABLES:
            assert np.allclose(steady.loc[steady["month"] == month, name], alone[name], atol=0.011)


@pytest.mark.slow
def test_a_slice_stays_under_two_gibibytes():
    """A full slice over every legal period of the experiment, in a process of its own."""
    script = """
import resource, pandas as pd
from tests.unit.entitlements.test_intervals import _grid, _pending
from tznr_platform.entitlements import amounts, legal_periods
months = [start for start in legal_periods.period_starts() if start >= "2023-07"]
grid = _grid()
many = pd.concat([grid.assign(wage_eur=grid["wage_eur"] + k) for k in range(20)]).iloc[:amounts.SLICE + 1000]
assert len(amounts.compute(_pending(many, months))) == len(many) * len(months)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 2 * 1024**2


def _grid() -> pd.DataFrame:
    """Cases all along the hypotheses, a few thousand."""
    adults = pd.DataFrame([(20, 0), (20, 20), (40, 0), (40, 40), (40, 70), (70, 0), (70, 70)],
                          columns=["adult_age", "partner_age"])
    incomes = pd.DataFrame([(0, 0, 0, False), (400, 0, 0, False), (1000, 0, 0, False), (0, 700, 0, False),
                            (0, 0, 600, False), (0, 0, 8000, False), (0, 0, 0, True)],
                           columns=["wage_eur", "unemployment_eur", "pension_eur", "is_student"])
    children = pd.DataFrame([(0, 0), (1, 1), (1, 10), (3, 10), (6, 1)], columns=["child_count", "child_age"])
    grid = adults.merge(incomes, how="cross").merge(children, how="cross")
    for column, values in {"partner_income_eur": (0, 1400), "is_housing_deducted": (True, False),
                           "department_code": ("75", "06", "974")}.items():
        grid = grid.merge(pd.DataFrame({column: values}), how="cross")
    return grid[(grid["partner_age"] > 0) | (grid["partner_income_eur"] == 0)].reset_index(drop=True)


def _traced(simulated):
    simulated.trace = True
    return simulated


def _starts(parameter) -> list[str]:
    """Dates at which a parameter, or a part of it, changes."""
    if hasattr(parameter, "values_list"):
        return [value.instant_str for value in parameter.values_list]
    parts = [part for bracket in getattr(parameter, "brackets", [parameter]) for part in bracket.children.values()]
    return [start for part in parts for start in _starts(part)]


def _pending(cases: pd.DataFrame, months: list[str]) -> pd.DataFrame:
    return cases[list(hypotheses.CASE)].merge(pd.DataFrame({"period_month": months}), how="cross")
