"""Typical cases: what the law gives to four documented households, month by month.

Here: the cases (``typical_cases.json``) and their amounts, for the annex of the report. They describe the
law, nobody in particular. Not here: the amounts of persons met.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from tznr_platform.entitlements.households import PARTNER_WAGES, WAGES
from tznr_platform.entitlements.theoretical import theoretical_entitlement

COLUMNS = ("case_code", "case_label", "month", "rsa_eur", "ppa_eur", "source_label")
CASES_FILE = Path(__file__).with_name("typical_cases.json")


def typical_cases(months: Sequence[str]) -> pd.DataFrame:
    """Amounts of each case in each month (YYYY-MM), euros; columns ``COLUMNS``.

    Every case is lodged free of charge, in a département of the general rule, under a CAF: one amount, no
    interval.
    """
    cases = _cases()
    amounts = pd.concat([theoretical_entitlement(cases, month) for month in months], ignore_index=True)
    amounts = amounts.merge(cases[["household_id", "case_label"]], on="household_id")
    amounts = amounts.assign(source_label=f"OpenFisca-France {version('openfisca-france')}")
    names = {"household_id": "case_code", "rsa_low_eur": "rsa_eur", "ppa_low_eur": "ppa_eur"}
    return amounts.rename(columns=names)[list(COLUMNS)]


def _cases() -> pd.DataFrame:
    cases = pd.DataFrame(json.loads(CASES_FILE.read_text(encoding="utf-8")))
    cases = cases.rename(columns={"case_code": "household_id"})
    wages = {name: cases["net_wage_eur"] for name in WAGES} | dict.fromkeys(PARTNER_WAGES, 0.0)
    return cases.assign(**wages, housing_code="heberge", body_code="CNAF", department_code="75")
