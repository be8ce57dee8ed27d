"""One OpenFisca-France simulation: household descriptions in, euros out.

Here: the only use of OpenFisca in the platform, imported inside functions. Not here: batches and bounds
(``theoretical``), the dates of the reference quarter (``reference_quarter``).
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from tznr_platform.entitlements.households import PARTNER_WAGES, REFERENCE_OFFSETS, WAGES
from tznr_platform.entitlements.reference_quarter import is_shifted

VARIABLES = ("rsa", "ppa", "aspa")
ROLES = {
    "famille": ("demandeur", "conjoint", "enfant"),
    "foyer_fiscal": ("declarant_principal", "conjoint", "personne_a_charge"),
    "menage": ("personne_de_reference", "conjoint", "enfant"),
}
CLAIMANT, PARTNER, CHILD = range(3)


def simulate(households: pd.DataFrame, month: str) -> dict[str, np.ndarray]:
    """RSA, PPA and ASPA of ``month`` in euros (float64, cents), one value per row, in the order of the rows.

    ``households``: valid descriptions with one more column, ``is_housing_deducted``: lodged free when true,
    without a home when false, so that no housing benefit is computed. Ages hold on the first of the month;
    income other than the wages described is zero. Source: OpenFisca-France (AGPL), variables of the family.
    """
    months = [str(np.datetime64(month, "M") - k) for k in REFERENCE_OFFSETS]
    persons = _persons(households)
    simulation = _build(persons, len(households))
    birth = np.datetime64(month, "M") - (persons["age"].to_numpy(dtype=int) * 12 + 6)
    simulation.set_input("date_naissance", "eternity", birth.astype("datetime64[D]"))
    housing = np.where(households["is_housing_deducted"], "loge_gratuitement", "sans_domicile")
    for column, period in enumerate(months):
        simulation.set_input("salaire_net", period, persons[column].to_numpy(dtype=float))
        simulation.set_input("statut_occupation_logement", period, housing)
        simulation.set_input("departement_experimentation_rsa", period, is_shifted(households, period))
    return {name: np.round(simulation.calculate(name, month).astype(float), 2) for name in VARIABLES}


@cache
def tax_benefit_system():
    """The legislation, loaded once a process (3 to 8 seconds)."""
    from openfisca_france import FranceTaxBenefitSystem

    return FranceTaxBenefitSystem()


def _persons(households: pd.DataFrame) -> pd.DataFrame:
    """One row per member: ``household`` (position), ``role``, ``age``, and a column per month of wages."""
    position = np.arange(len(households))
    couples = np.flatnonzero(households["partner_age"].notna())
    children = pd.Series(households["child_ages"].to_numpy(), index=position).explode().dropna()
    no_wage = np.zeros((len(children), len(WAGES)))
    partners = households.iloc[couples]
    members = [
        (position, CLAIMANT, households["adult_age"], households[list(WAGES)]),
        (couples, PARTNER, partners["partner_age"], partners[list(PARTNER_WAGES)]),
        (children.index, CHILD, children, no_wage),
    ]
    return pd.concat([
        pd.DataFrame(np.asarray(pay, float)).assign(household=home, role=role, age=list(ages))
        for home, role, ages, pay in members], ignore_index=True)


def _build(persons: pd.DataFrame, household_count: int):
    from openfisca_core.simulations import SimulationBuilder

    builder = SimulationBuilder()
    builder.create_entities(tax_benefit_system())
    builder.declare_person_entity("individu", np.arange(len(persons)))
    for entity, roles in ROLES.items():
        group = builder.declare_entity(entity, np.arange(household_count))
        builder.join_with_persons(group, persons["household"].to_numpy(), np.array(roles)[persons["role"]])
    return builder.build(tax_benefit_system())
