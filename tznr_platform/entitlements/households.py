"""The minimised description of a household: what may be known of it, and nothing more.

Here: the columns of a description, what they may hold, and their checking. Not here: the simulation. One
row is a *kind* of household (a distinct description), not a person: whoever calls groups persons by
description first.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from tznr_platform.errors import UserError

REFERENCE_OFFSETS = (4, 3, 2, 1, 0)
WAGES = tuple(f"net_wage_m{k}_eur" for k in REFERENCE_OFFSETS)
PARTNER_WAGES = tuple(f"partner_{name}" for name in WAGES)
COLUMNS = ("household_id", "adult_age", "partner_age", "child_ages", "housing_code", "body_code",
           "department_code", *WAGES, *PARTNER_WAGES)
# Whether the lump sum for housing (forfait logement) is deducted: both answers where it depends on a housing
# benefit that the description does not hold (OpenFisca-France, variable rsa_forfait_logement).
HOUSING_DEDUCTION = {
    "heberge": (True,), "proprietaire": (True,), "sans_logement": (False,),
    "locataire_social": (True, False), "locataire_prive": (True, False), "foyer_residence": (True, False),
    "non_renseigne": (True, False),
}
BODIES = ("CNAF", "MSA")
OVERSEAS = ("971", "972", "973", "974")


def require_valid(households: pd.DataFrame) -> None:
    """Stop with a ``UserError`` that names the columns at fault and counts rows, without showing a value.

    ``household_id`` unique; ages in years (``partner_age`` empty for a person alone; ``child_ages`` a
    tuple, maybe empty); ``housing_code`` of the contract; ``body_code`` CNAF or MSA; net wages of months
    M-4 to M in euros.
    """
    missing = [name for name in COLUMNS if name not in households.columns]
    if missing:
        raise _refusal(f"colonnes absentes : {', '.join(missing)}")
    wages = households[[*WAGES, *PARTNER_WAGES]].to_numpy(dtype=float, na_value=np.nan)
    child_count = households["child_ages"].str.len()
    children = pd.to_numeric(households["child_ages"][child_count > 0].explode(), errors="coerce")
    departments = households["department_code"].astype("string")
    alone = households["partner_age"].isna().to_numpy()
    faults = {
        "household_id": households["household_id"].duplicated() | households["household_id"].isna(),
        "adult_age": ~households["adult_age"].between(16, 120),
        "partner_age": ~(households["partner_age"].isna() | households["partner_age"].between(16, 120)),
        "child_ages": [*child_count.isna(), *~children.between(0, 25)],
        "housing_code": ~households["housing_code"].isin(HOUSING_DEDUCTION),
        "body_code": ~households["body_code"].isin(BODIES),
        "department_code": ~departments.str.fullmatch(r"\d{2,3}|2[AB]").fillna(False),
        "net_wage": ~(np.isfinite(wages) & (wages >= 0)).all(axis=1),
        "partner_net_wage": alone & (wages[:, len(WAGES):] > 0).any(axis=1),
    }
    found = [f"{name} ({int(np.sum(wrong))})" for name, wrong in faults.items() if np.any(wrong)]
    if found:
        raise _refusal(f"valeurs hors de ce qui est prévu : {', '.join(found)}")


def _refusal(why: str) -> UserError:
    return UserError("La description des foyers ne permet pas le calcul.", where="droits théoriques", why=why,
                     remedy="voir la description attendue dans entitlements/households.py")
