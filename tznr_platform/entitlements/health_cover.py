"""Complémentaire santé solidaire (CSS): which households are under its ceilings.

Here: the resources of twelve months like this one, the ceilings of the list ``legal_amounts`` (OpenFisca-France
176.1.8 stops in April 2024; what follows comes from ``legal_gaps``). Not here: the resources themselves
(``simulation``). Source: code de la sécurité sociale, articles L. 861-1, D. 861-1 and R. 861-2 to R. 861-10.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from tznr_platform.contracts import reference
from tznr_platform.entitlements.households import OVERSEAS

INDEPENDENT_AGE = 25  # younger, alone and without a child: may still depend on the parents' household


def ceilings(persons: np.ndarray, month: str, *, is_overseas: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Yearly ceilings in euros, without and with participation, of households of so many persons in a month.

    ``KeyError`` for a month before the list begins.
    """
    law = _law(month)
    share = (1 + law["CSS_SECOND_PERSON"] * (persons >= 2)
             + law["CSS_NEXT_PERSON"] * np.clip(persons - 2, 0, 2)
             + law["CSS_EXTRA_PERSON"] * np.clip(persons - 4, 0, None))
    free = np.round(law["CSS_CEILING"] * np.where(is_overseas, 1 + law["CSS_OVERSEAS"], 1) * share)
    return free, free * (1 + law["CSS_PARTICIPATION_ABOVE"])


def cover(cases: pd.DataFrame, amounts: pd.DataFrame, month: str) -> pd.DataFrame:
    """Booleans by case: ``css_free`` and ``css_participation`` (under the ceiling), ``is_own_household`` (surely).

    ``cases``: columns ``hypotheses.CASE``; ``amounts``: those of ``simulation.simulate_steady`` for the month, same
    rows. Whoever has the RSA is entitled without participation, since 2022 without a request.
    """
    incomes = cases[["wage_eur", "unemployment_eur", "pension_eur", "partner_income_eur"]].sum(axis=1).to_numpy()
    family = amounts[["af", "asf", "cf", "css_base_ressources_aspa_asv"]].sum(axis=1).to_numpy()
    resources = 12 * (incomes + family) + amounts["css_cmu_forfait_logement_base"].to_numpy()
    has_partner = (cases["partner_age"] > 0).to_numpy()
    persons = 1 + has_partner + cases["child_count"].to_numpy()
    free, participation = ceilings(persons, month, is_overseas=cases["department_code"].isin(OVERSEAS).to_numpy())
    is_free = (amounts["rsa"].to_numpy() > 0) | (resources <= free)
    oldest = np.maximum(cases["adult_age"], cases["partner_age"]).to_numpy()
    return pd.DataFrame({"css_free": is_free, "css_participation": ~is_free & (resources <= participation),
                         "is_own_household": (oldest >= INDEPENDENT_AGE) | (cases["child_count"] > 0).to_numpy()})


def _law(month: str) -> dict[str, float]:
    """Values in force on the first of the month, by code."""
    dated = sorted((row["start_date"], row["amount_code"], row["value"]) for row in reference("legal_amounts")
                   if row["amount_code"].startswith("CSS_") and row["start_date"] <= f"{month}-01")
    return {code: float(value) for _, code, value in dated}
