"""Theoretical entitlement: amounts of the legal scales, reproduced to two cents.

Published amounts: OpenFisca-France 176.1.8, May 2025, adults born in 1990, children in 2018, lodged free.
"""

from __future__ import annotations

import subprocess
import sys

import pandas as pd
import pytest

from tznr_platform.entitlements import (
    households,
    theoretical,
    theoretical_entitlement,
    typical_cases,
)
from tznr_platform.entitlements.reference_quarter import is_shifted
from tznr_platform.errors import ExitCode, UserError

CENTS = {"abs": 0.02}


def _household(name: str, *, wages: tuple[float, ...] = (0,) * 5, **changes: object) -> dict:
    described = {"household_id": name, "adult_age": 35, "partner_age": None, "child_ages": (),
                 "housing_code": "heberge", "body_code": "CNAF", "department_code": "75"}
    pay = dict(zip(households.WAGES, wages, strict=True)) | dict.fromkeys(households.PARTNER_WAGES, 0.0)
    return described | pay | changes


def _amounts(month: str, *described: dict) -> pd.DataFrame:
    return theoretical_entitlement(pd.DataFrame(described), month).set_index("household_id")


@pytest.fixture(scope="module")
def may_2025() -> pd.DataFrame:
    return _amounts(
        "2025-05",
        _household("single"), _household("couple", partner_age=35), _household("parent", child_ages=(7,)),
        _household("family", partner_age=35, child_ages=(7, 7)), _household("wage", wages=(400,) * 5),
        _household("old", adult_age=75), _household("old_couple", adult_age=75, partner_age=75),
        _household("tenant", housing_code="locataire_social"),
        _household("homeless", housing_code="sans_logement"))


@pytest.mark.parametrize(("name", "rsa"), [
    ("single", 568.94), ("couple", 814.62), ("parent", 707.88), ("family", 1013.88), ("wage", 168.94)])
def test_published_rsa(may_2025: pd.DataFrame, name: str, rsa: float):
    row = may_2025.loc[name]
    assert row["rsa_low_eur"] == pytest.approx(rsa, **CENTS)
    assert row["rsa_high_eur"] == row["rsa_low_eur"]


def test_published_aspa(may_2025: pd.DataFrame):
    assert may_2025.loc["old", "aspa_high_eur"] == pytest.approx(1034.29, **CENTS)
    assert may_2025.loc["old_couple", "aspa_high_eur"] == pytest.approx(19268.80 / 12, **CENTS)
    assert may_2025.loc["single", "aspa_high_eur"] == 0


def test_an_unknown_housing_benefit_makes_an_interval(may_2025: pd.DataFrame):
    """With the lump sum: as lodged free. Without: the base amount of April 2025, 646.52 euros."""
    tenant, homeless = may_2025.loc["tenant"], may_2025.loc["homeless"]
    assert tenant["rsa_low_eur"] == pytest.approx(568.94, **CENTS)
    assert tenant["rsa_high_eur"] == pytest.approx(646.52, **CENTS)
    assert homeless["rsa_low_eur"] == homeless["rsa_high_eur"] == pytest.approx(646.52, **CENTS)


def test_ppa_of_a_small_wage_is_its_slope(may_2025: pd.DataFrame):
    """Under the bonus threshold: slope x wage. For May 2025: January to March, slope 61 %."""
    assert may_2025.loc["wage", "ppa_high_eur"] == pytest.approx(0.61 * 400, **CENTS)


@pytest.mark.parametrize(("month", "wages", "rsa"), [
    ("2025-09", (1200, 1200, 0, 0, 0), 0.00),
    ("2025-10", (1200, 0, 0, 0, 0), 168.94),
])
def test_a_job_lost_on_1_july_2025_opens_rsa_from_october(month: str, wages: tuple, rsa: float):
    """On M-3..M-1 September would be 168.94 and October 568.94: one month too early."""
    amounts = _amounts(month, _household("lost", wages=wages)).loc["lost"]
    assert amounts["rsa_low_eur"] == pytest.approx(rsa, **CENTS)


@pytest.mark.parametrize(("body", "department", "month", "expected"), [
    ("CNAF", "75", "2025-02", False), ("CNAF", "75", "2025-03", True), ("CNAF", "34", "2024-09", False),
    ("CNAF", "34", "2024-10", True), ("MSA", "34", "2025-02", False)])
def test_the_reference_quarter_moves_by_date_body_and_department(body, department, month, expected):
    described = pd.DataFrame([_household("any", body_code=body, department_code=department)])
    assert is_shifted(described, month).tolist() == [expected]


def test_the_msa_date_is_not_invented():
    with pytest.raises(UserError, match="date non établie pour MSA") as refusal:
        _amounts("2025-05", _household("farm", body_code="MSA"))
    assert refusal.value.exit_code is ExitCode.CONFIGURATION


def test_batches_keep_order_and_amounts(may_2025: pd.DataFrame, monkeypatch: pytest.MonkeyPatch):
    described = (_household("wage", wages=(400,) * 5), _household("tenant", housing_code="locataire_prive"),
                 _household("family", partner_age=35, child_ages=(7, 7)))
    monkeypatch.setattr(theoretical, "BATCH_SIZE", 2)
    assert _amounts("2025-05", *described).equals(may_2025.loc[["wage", "tenant", "family"]])


@pytest.mark.parametrize(("changes", "column"), [
    ({"adult_age": None}, "adult_age"), ({"adult_age": 12}, "adult_age"), ({"partner_age": 3}, "partner_age"),
    ({"child_ages": (7, 40)}, "child_ages"), ({"child_ages": (None,)}, "child_ages"),
    ({"child_ages": None}, "child_ages"),
    ({"housing_code": "chateau"}, "housing_code"), ({"body_code": "CPAM"}, "body_code"),
    ({"department_code": "7"}, "department_code"), ({"net_wage_m2_eur": -1}, "net_wage"),
    ({"net_wage_m2_eur": float("nan")}, "net_wage"), ({"partner_net_wage_m1_eur": 900}, "partner_net_wage")])
def test_a_description_that_cannot_be_used_is_refused_without_showing_it(changes: dict, column: str):
    with pytest.raises(UserError, match="description des foyers") as refusal:
        _amounts("2025-05", _household("secret-household") | changes)
    assert f"{column} (1)" in refusal.value.why
    assert "secret-household" not in str(refusal.value)


def test_other_unusable_requests():
    with pytest.raises(UserError, match="household_id"):
        _amounts("2025-05", _household("twice"), _household("twice"))
    with pytest.raises(UserError, match="colonnes absentes"):
        theoretical_entitlement(pd.DataFrame({"household_id": ["x"]}), "2025-05")
    with pytest.raises(UserError, match="Mois inutilisable"):
        _amounts("2025-13", _household("any"))


def test_no_household_gives_no_row():
    nothing = pd.DataFrame([_household("any")]).iloc[:0]
    assert theoretical_entitlement(nothing, "2025-05").columns.tolist() == list(theoretical.RESULT)


def test_typical_cases_follow_the_uprating():
    """Base amount of April 2026, 651.69 euros (décret 2026-220), less 12 % for housing."""
    cases = typical_cases(["2026-05"])
    assert cases["case_code"].nunique() == 4
    amounts = cases.set_index("case_code")["rsa_eur"]
    assert amounts["SINGLE_NO_INCOME"] == pytest.approx(651.69 * 0.88, **CENTS)
    assert cases["case_label"].str.len().gt(0).all()


def test_importing_the_room_does_not_load_openfisca():
    script = ("import sys, tznr_platform.entitlements\n"
              "print(any(name.startswith('openfisca') for name in sys.modules))")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
