"""Theoretical entitlement: what a described household could claim in one month, as an interval.

Here: the one function the rest of the platform calls, in batches that keep memory bounded. Not here: the legislation
(OpenFisca-France), the computation of the lake in a process of its own (``amounts``), the comparison with what is
received.
"""

from __future__ import annotations

import re

import pandas as pd

from tznr_platform.entitlements.households import HOUSING_DEDUCTION, require_valid
from tznr_platform.errors import UserError

BATCH_SIZE = 10_000  # simulated households; 0.8 GB with three persons each (20 000: 1.3 GB)
RESULT = ("household_id", "month", "rsa_low_eur", "rsa_high_eur", "ppa_low_eur", "ppa_high_eur",
          "aspa_high_eur")


def theoretical_entitlement(households: pd.DataFrame, month: str) -> pd.DataFrame:
    """Bounds of RSA and PPA, and the largest possible ASPA, of each described household in a month (YYYY-MM).

    ``households``: see ``households.require_valid``. Returns the columns ``RESULT``, rows in the order
    received, euros a month. The bounds differ where the housing deduction depends on a benefit that is not
    described. Pensions and unemployment benefits are not described: an amount is what wages alone would give.
    Two limits of the source: an income that has just stopped is left out in that month, so that RSA appears, which
    is not an onset; PPA asks for a wage in M-3..M-1 although the reference quarter moved. Raises ``UserError`` for a
    description or a month that cannot be used. Source: OpenFisca-France.
    """
    from tznr_platform.entitlements.simulation import simulate

    if not re.fullmatch(r"20\d{2}-(0[1-9]|1[0-2])", month):
        raise UserError(f"Mois inutilisable : {month}.", where="droits théoriques",
                        why="un mois s'écrit AAAA-MM", remedy="donner par exemple 2025-05")
    require_valid(households)
    if households.empty:
        return pd.DataFrame(columns=list(RESULT))
    cases = _scenarios(households)
    batches = (cases.iloc[start:start + BATCH_SIZE] for start in range(0, len(cases), BATCH_SIZE))
    simulated = pd.concat([batch[["position"]].assign(**simulate(batch, month)) for batch in batches])
    amounts = simulated.groupby("position").agg(
        rsa_low_eur=("rsa", "min"), rsa_high_eur=("rsa", "max"), ppa_low_eur=("ppa", "min"),
        ppa_high_eur=("ppa", "max"), aspa_high_eur=("aspa", "max"))
    amounts.insert(0, "household_id", households["household_id"].to_numpy())
    amounts.insert(1, "month", month)
    return amounts.reset_index(drop=True)


def _scenarios(households: pd.DataFrame) -> pd.DataFrame:
    """One row per household and possible answer to « is housing deducted? »."""
    cases = households.reset_index(drop=True)
    is_deducted = cases["housing_code"].map(HOUSING_DEDUCTION)
    cases = cases.assign(position=cases.index, is_housing_deducted=is_deducted)
    return cases.explode("is_housing_deducted", ignore_index=True)
