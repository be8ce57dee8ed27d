"""The test cases that OpenFisca-France keeps for itself: same inputs, same amounts, through our simulation.

Facts (inputs, amounts, margins) from openfisca/openfisca-france, folder ``tests/formulas``: the file is named with each
case. Kept are those whose inputs a description can hold: ages, children, wages, pension, dwelling.
"""

from __future__ import annotations

import pandas as pd
import pytest

from tznr_platform.entitlements import households, simulation
from tznr_platform.entitlements.hypotheses import CASE

B14, B16, B17, B18 = 499.31, 524.16, 535.17, 550.93  # base amounts of the RSA
FREE, LODGED = False, True  # is the lump sum for housing deducted?

# file, month, ages of the adults and of the children, wages by adult (M-4 to M, or steady), lodged, benefit, amount,
# margin: theirs, or half a percent of the family benefits, which their files give after CRDS
WAGES = [
    ("rsa/rsa.yaml 1", "2018-05", (38, 36), (), (100, 67), LODGED, "rsa", B18 * 1.5 - 132.22 - 167, 0.03),
    ("rsa/rsa.yaml 2", "2018-05", (38, 36), (13,), (100, 67), LODGED, "rsa", B18 * 1.8 * 0.835 - 167, 0.03),
    ("rsa/rsa.yaml 3", "2018-05", (38, 36), (13, 10), (100, 67), LODGED, "rsa",
     B18 * 2.1 - B18 * 1.8 * 0.165 - 167 - 131.16, 0.03 + 0.005 * 131.81),
    ("rsa/rsa.yaml 4", "2018-05", (38, 36), (13, 10, 7), (100, 67), LODGED, "rsa",
     B18 * 2.5 - B18 * 1.8 * 0.165 - 167 - 299.20 - 170.71, 0.03 + 0.005 * 472.27),
    ("rsa/rsa.yaml 6", "2018-05", (38,), (), (134,), LODGED, "rsa", B18 * 0.88 - 134, 0.03),
    ("rsa/rsa.yaml non passant 1", "2018-05", (38, 36), (), (340, 360), LODGED, "rsa", 0, 0.03),
    ("rsa/rsa.yaml non passant 2", "2018-05", (38, 36), (13,), (600, 400), LODGED, "rsa", 0, 0.03),
    ("rsa/rsa.yaml non passant 4", "2018-05", (23,), (), (134,), LODGED, "rsa", 0, 0.03),
    ("rsa/rsa.yaml non passant 6", "2018-05", (38,), (), (800,), LODGED, "rsa", 0, 0.03),
    ("rsa/rsa_2017.yaml with housing", "2017-01", (40,), (), (0,), LODGED, "rsa", 471, 4.7),
    ("rsa/rsa_2017.yaml without housing", "2017-01", (40,), (), (0,), FREE, "rsa", 535, 5.3),
    ("rsa/rsa_2017.yaml wage", "2017-01", (40,), (), (200,), FREE, "rsa", 535 - 200, 3.4),
    # a wage that stops is left out in its first month: the reason of the one-month amount of methods 4.7
    ("rsa/rsa_2017.yaml wage that stops", "2017-01", (40,), (), ((200, 200, 200, 200, 0),), FREE, "rsa", 535, 5.3),
    ("rsa/rsa_2017.yaml mean of three months", "2017-01", (40,), (), ((0, 200, 200, 700, 1000),), FREE, "rsa",
     B17 - 1100 / 3, 1.7),
    ("rsa/rsa_2017.yaml family", "2017-01", (40, 40), (4, 5), (400, 0), LODGED, "rsa", 964.91 - 400 - 130, 4.4),
    ("rsa/rsa_celibataire.yaml 0", "2014-01", (29,), (), (0,), LODGED, "rsa", 439.39, 0.005),
    ("rsa/rsa_celibataire.yaml 5000", "2014-01", (29,), (), (5000 / 12,), LODGED, "rsa", 281.06, 0.006),
    ("rsa/rsa_celibataire.yaml 12000", "2014-01", (29,), (), (1000,), LODGED, "rsa", 59.39, 0.006),
    ("rsa/rsa_celibataire.yaml 14000", "2014-01", (29,), (), (14000 / 12,), LODGED, "rsa", 0, 0.005),
    ("rsa/rsa_couple.yaml 0", "2014-01", (29, 29), (), (0, 0), LODGED, "rsa", 629.13, 0.006),
    ("rsa/rsa_couple.yaml 10000", "2014-01", (29, 29), (), (10000 / 12, 0), LODGED, "rsa", 312.46, 0.006),
    ("rsa/rsa_couple.yaml 19000", "2014-01", (29, 29), (), (19000 / 12, 0), LODGED, "rsa", 27.46, 0.006),
    ("rsa/rsa_couple.yaml child of two", "2014-01", (29, 29), (2,), (0, 0), LODGED, "rsa", 564.92, 0.006),
    ("rsa/rsa_couple.yaml child of ten", "2014-01", (29, 29), (10,), (0, 0), LODGED, "rsa", 750.46, 0.006),
    ("ppa/ppa.yaml under 18", "2016-01", (17,), (), (500,), FREE, "ppa", 0, 0.01),
    ("ppa/ppa.yaml alone", "2016-01", (40,), (), (500,), FREE, "ppa", 310, 0.006),
    ("ppa/ppa.yaml alone, RSA", "2016-01", (40,), (), (500,), FREE, "rsa", B16 - 500, 0.006),
    ("ppa/ppa.yaml couple, child", "2016-01", (40, 40), (10,), (500, 0), FREE, "ppa", 310, 0.006),
    ("ppa/ppa.yaml two wages", "2016-01", (40, 40), (), (300, 300), FREE, "ppa", 600 * 0.62, 0.006),
    ("ppa/ppa.yaml bonus", "2016-01", (40,), (), (918,), FREE, "ppa", B16 + 67 - 0.38 * 918, 12),
    ("ppa/ppa.yaml bonus, housing", "2016-01", (40,), (), (918,), LODGED, "ppa", 244.21 - 62.90, 9),
    ("ppa/ppa.yaml two bonuses", "2016-01", (40, 40), (), (918, 800), FREE, "ppa",
     B16 * 1.5 - 0.38 * 1718 + 67 + 44, 12),
    ("ppa/ppa.yaml under the minimum paid", "2016-01", (40,), (), (1520,), LODGED, "ppa", 0, 0.01),
    ("ppa/ppa.yaml three wages", "2016-01", (40,), (), ((0, 550, 450, 500, 500),), FREE, "ppa", (310 + 279 + 315) / 3,
     15),
]
# file, ages, monthly pensions, ASPA of the household
PENSIONS = [
    ("aspa.yaml 1", (65, 48), (1173 / 3, 0), 833.20), ("aspa.yaml 2", (65, 0), (1590 / 3, 0), 303.20),
    ("aspa.yaml 3", (59, 48), (0, 0), 0), ("aspa.yaml 4", (67, 65), (600, 1000), 0),
    ("aspa.yaml 7", (65, 65), (20, 20), 626.77 * 2)]


@pytest.fixture(scope="module")
def computed() -> dict[str, dict[str, float]]:
    """Amounts by case, one simulation a month."""
    found = {}
    for month in sorted({case[1] for case in WAGES}):
        cases = [case for case in WAGES if case[1] == month]
        amounts = pd.DataFrame(simulation.simulate(pd.DataFrame([_described(*case[2:6]) for case in cases]), month))
        found |= dict(zip([case[0] for case in cases], amounts.to_dict("records"), strict=True))
    return found


def _described(ages: tuple, children: tuple, wages: tuple, is_deducted: bool) -> dict:
    paid = [wage if isinstance(wage, tuple) else (wage,) * 5 for wage in (*wages, 0)[:2]]
    columns = (*households.WAGES, *households.PARTNER_WAGES)
    return {"adult_age": ages[0], "partner_age": ages[1] if len(ages) > 1 else None, "child_ages": children,
            "is_housing_deducted": is_deducted, "body_code": "CNAF", "department_code": "75",
            **dict(zip(columns, (*paid[0], *paid[1]), strict=True))}


@pytest.mark.parametrize("case", WAGES, ids=[case[0] for case in WAGES])
def test_cases_of_wages(computed: dict[str, dict[str, float]], case: tuple):
    name, *_, benefit, amount, margin = case
    assert computed[name][benefit] == pytest.approx(amount, abs=margin)


@pytest.mark.parametrize("case", PENSIONS, ids=[case[0] for case in PENSIONS])
def test_cases_of_pensions(case: tuple):
    _, ages, pensions, amount = case
    described = dict.fromkeys(CASE, 0) | {
        "adult_age": ages[0], "partner_age": ages[1], "pension_eur": pensions[0], "partner_income_eur": pensions[1],
        "department_code": "75", "is_housing_deducted": False, "is_student": False}
    found = simulation.simulate_steady(pd.DataFrame([described]), ["2018-04"])
    assert found["aspa"][0] == pytest.approx(amount, abs=0.02)
