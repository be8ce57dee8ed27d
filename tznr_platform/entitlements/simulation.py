"""One OpenFisca-France simulation: household descriptions in, euros out.

Here: the only use of OpenFisca in the platform, imported inside functions. Not here: batches and bounds
(``theoretical``, ``amounts``), the dates of the reference quarter (``reference_quarter``).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import pandas as pd

from tznr_platform.entitlements.households import OVERSEAS, PARTNER_WAGES, REFERENCE_OFFSETS, WAGES
from tznr_platform.entitlements.reference_quarter import is_shifted

VARIABLES = ("rsa", "ppa", "aspa")
COVER_VARIABLES = ("af", "asf", "cf", "css_base_ressources_aspa_asv", "css_cmu_forfait_logement_base")
# No description holds them: told to be zero, they cost nothing. Same amounts to the cent, in a third of the time.
# The last three are the incomes of two years before, on which family benefits depend.
NOT_DESCRIBED = ("aide_logement", "aah", "caah", "ass", "asi", "prestations_familiales_base_ressources_individu",
                 "prestations_familiales_base_ressources_communes", "biactivite")
LOOKBACK = 12  # months before the first, which some formulas add up
GROSS_OF_NET = 1 / 0.78  # the ASPA alone counts gross wages; employee contributions are about 22 %
PENSION_AGE = 65
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
    for column, period in enumerate(months):
        _set_wage(simulation, period, persons[column].to_numpy(dtype=float))
    _set_surroundings(simulation, households, len(persons), months)
    amounts = {name: _cents(simulation, name, month) for name in VARIABLES}
    _forget(simulation)
    return amounts


def simulate_steady(cases: pd.DataFrame, months: Sequence[str]) -> pd.DataFrame:
    """Amounts of households whose situation is the same every month; one row per case and month, cases in order.

    ``cases``: the columns ``hypotheses.CASE``, every one given. Returns ``position`` (of the case), ``month``
    (YYYY-MM), ``VARIABLES`` and ``COVER_VARIABLES`` in euros. Months share what they have in common: 42 months cost
    hardly more than ten. The income of a partner is a pension from 65 on, a wage before. Computed as a CAF would:
    of steady incomes, the MSA's dates change the PPA alone, in the months after a change of law.
    Source: OpenFisca-France.
    """
    span = [str(np.datetime64(min(months), "M") + k)
            for k in range(-max(REFERENCE_OFFSETS), int(np.datetime64(max(months)) - np.datetime64(min(months))) + 1)]
    members = _members(cases)
    simulation = _build(members, len(cases))
    age = members["age"].to_numpy()
    birth = np.datetime64(span[len(span) // 2], "M") - (age * 12 + 6)
    simulation.set_input("date_naissance", "eternity", birth.astype("datetime64[D]"))
    for period in span:
        simulation.set_input("age", period, age)
        simulation.set_input("age_en_mois", period, age * 12 + 6)
        _set_wage(simulation, period, members["wage"].to_numpy())
        simulation.set_input("chomage_net", period, members["unemployment"].to_numpy())
        for pension in ("retraite_nette", "retraite_brute"):
            simulation.set_input(pension, period, members["pension"].to_numpy())
        simulation.set_input("activite", period, np.where(members["is_student"], "etudiant", "inactif"))
    _set_surroundings(simulation, cases.assign(body_code="CNAF"), len(members), span)
    names = (*VARIABLES, *COVER_VARIABLES)
    amounts = pd.concat([pd.DataFrame({"position": np.arange(len(cases)), "month": month}
                                      | {name: _cents(simulation, name, month) for name in names})
                         for month in months], ignore_index=True)
    _forget(simulation)
    return amounts


@cache
def tax_benefit_system():
    """The legislation, loaded once a process (3 to 8 seconds)."""
    from openfisca_france import FranceTaxBenefitSystem

    return FranceTaxBenefitSystem()


def _cents(simulation, name: str, month: str) -> np.ndarray:
    return np.round(simulation.calculate(name, month).astype(float), 2)


def _forget(simulation) -> None:
    """Give the arrays back at once: a simulation refers to itself, and the next slice would come on top of it."""
    for population in simulation.populations.values():
        for holder in population._holders.values():
            holder.delete_arrays()


def _set_wage(simulation, period: str, net: np.ndarray) -> None:
    simulation.set_input("salaire_net", period, net)
    simulation.set_input("salaire_de_base", period, net * GROSS_OF_NET)


def _set_surroundings(simulation, households: pd.DataFrame, person_count: int, months: Sequence[str]) -> None:
    """Dwelling, place and reference quarter of every month, and zero for what no description holds."""
    housing = np.where(households["is_housing_deducted"], "loge_gratuitement", "sans_domicile")
    commune = np.where(households["department_code"].isin(OVERSEAS), "97411", "75056")
    kinds = {name: tax_benefit_system().get_variable(name).entity.key for name in NOT_DESCRIBED}
    for period in months:
        simulation.set_input("statut_occupation_logement", period, housing)
        simulation.set_input("depcom", period, commune)
        simulation.set_input("departement_experimentation_rsa", period, is_shifted(households, period))
    earlier = [str(np.datetime64(min(months), "M") - k) for k in range(1, LOOKBACK + 1)]
    for period in (*earlier, *months):
        for name, entity in kinds.items():
            simulation.set_input(name, period, np.zeros(person_count if entity == "individu" else len(households)))


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


def _members(cases: pd.DataFrame) -> pd.DataFrame:
    """One row per member of a case: ``household``, ``role``, ``age``, its monthly incomes, ``is_student``."""
    position = np.arange(len(cases))
    couples = np.flatnonzero(cases["partner_age"] > 0)
    children = np.repeat(position, cases["child_count"])
    partners = cases.iloc[couples]
    is_pensioner = partners["partner_age"] >= PENSION_AGE
    members = pd.concat([
        pd.DataFrame({"household": position, "role": CLAIMANT, "age": cases["adult_age"].to_numpy(),
                      "wage": cases["wage_eur"].to_numpy(), "unemployment": cases["unemployment_eur"].to_numpy(),
                      "pension": cases["pension_eur"].to_numpy(), "is_student": cases["is_student"].to_numpy()}),
        pd.DataFrame({"household": couples, "role": PARTNER, "age": partners["partner_age"].to_numpy(),
                      "wage": partners["partner_income_eur"].where(~is_pensioner, 0).to_numpy(),
                      "pension": partners["partner_income_eur"].where(is_pensioner, 0).to_numpy()}),
        pd.DataFrame({"household": children, "role": CHILD, "age": cases["child_age"].to_numpy()[children]})],
        ignore_index=True)
    incomes = ["wage", "unemployment", "pension"]
    return members.assign(**members[incomes].fillna(0).astype(float), age=members["age"].astype(int),
                          is_student=members["is_student"].eq(True))


def _build(persons: pd.DataFrame, household_count: int):
    from openfisca_core.simulations import SimulationBuilder

    builder = SimulationBuilder()
    builder.create_entities(tax_benefit_system())
    builder.declare_person_entity("individu", np.arange(len(persons)))
    for entity, roles in ROLES.items():
        group = builder.declare_entity(entity, np.arange(household_count))
        builder.join_with_persons(group, persons["household"].to_numpy(), np.array(roles)[persons["role"]])
    return builder.build(tax_benefit_system())
