"""The few facts this room takes from the contracts, and nothing else of them.

Here: legal scales by month, areas and communes of the territories, questionnaire items, payers. Not here: any invented
number (``truth``). Contracts are read when a function is called, never at import.
"""

from __future__ import annotations

from collections.abc import Iterable

from tznr_platform.synthetic.timeline import month_label

# Ends of parameter paths of OpenFisca-France, the source of `legal_amounts`.
SCALE = {
    "rsa": "rsa_m.montant_de_base_du_rsa",
    "rsa_second": "maj_montant_max.couples_celibataire_avec_enfant",
    "rsa_third": "maj_montant_max.couple_1_enfant_ou_2e_enfant",
    "rsa_more": "maj_montant_max.par_enfant_supplementaire",
    "housing_one": "forfait_logement.taux_1_personne",
    "housing_two": "forfait_logement.taux_2_personnes",
    "housing_three": "forfait_logement.taux_3_personnes_ou_plus",
    "rsa_minimum": "rsa_maj.montant_minimum_verse",
    "ppa": "pa_m.montant_de_base",
    "ppa_minimum": "pa_m.montant_minimum_verse",
    "aspa_single": "aspa.montant_maximum_annuel.personnes_seules",
    "aspa_couple": "aspa.montant_maximum_annuel.couples",
    "aah": "aah.montant",
    "ass_day": "ass.montant_plein",
    "are_minimum": "are.allocation.minimum_hors_mayotte",
    "css_under_30": "france.cmu_moins_30_ans",
    "css_30_49": "france.cmu_30_49_ans",
    "css_50_59": "france.cmu_50_59_ans",
    "css_60_69": "france.cmu_60_69_ans",
    "css_over_69": "france.cmu_plus_69_ans",
}
# Départements without a known TZNR, for which bodies also send aggregates.
COMPARISON_DEPARTMENTS = ("02", "08", "18", "19", "23", "36", "41", "52", "58", "72", "79", "87", "89")


def _reference(name: str) -> list[dict[str, str]]:
    from tznr_platform.contracts import reference

    return reference(name)


def monthly_values(name: str, months: Iterable[int]) -> list[float]:
    """Legal amount or rate in each month: the last one in force (the first known one before that).

    ``name`` is a key of ``SCALE``. Raises ``KeyError`` when the contracts do not know the parameter.
    """
    dated = sorted((row["start_date"][:7], float(row["value"])) for row in _reference("legal_amounts")
                   if row["parameter_path"].endswith("." + SCALE[name]) and row["value"])
    if not dated:
        raise KeyError(SCALE[name])
    return [next((value for start, value in reversed(dated) if start <= month_label(m)), dated[0][1]) for m in months]


def communes() -> list[tuple[int, str]]:
    """(territory number, commune) of the territories that are one commune."""
    return [(int(row["territory_code"][-2:]), row["area_code"]) for row in _reference("territories")
            if row["territory_type_code"] == "commune" and row["area_code"]]


def departments() -> list[tuple[int, str]]:
    """(territory number, département) of the established territories."""
    return [(int(row["territory_code"][-2:]), row["department_code"]) for row in _reference("territories")
            if row["department_code"]]


def areas() -> list[tuple[str, str, bool]]:
    """(kind, code, is comparison area) of every area that bodies count, without doubles."""
    rows = [row for row in _reference("territories") if row["area_code"]]
    own = {(row["territory_type_code"].lower(), row["area_code"]) for row in rows}
    own |= {("departement", row["department_code"]) for row in rows}
    others = {("departement", code) for code in COMPARISON_DEPARTMENTS} - own
    return [(*area, False) for area in sorted(own)] + [(*area, True) for area in sorted(others)]


def items() -> list[tuple]:
    """Questionnaire items: instrument, version, item, minimum, maximum, is reversed, dimension, number, choice, choices.

    ``choice`` is 0 for an instrument with one version; else 1, 2... and each person answers one of the versions.
    """
    rows = sorted(_reference("instruments"), key=lambda r: (r["instrument_code"], r["instrument_version"], r["item_code"]))
    versions: dict[str, list[str]] = {}
    for row in rows:
        known = versions.setdefault(row["instrument_code"], [])
        if row["instrument_version"] not in known:
            known.append(row["instrument_version"])
    found = []
    for number, row in enumerate(rows):
        known = versions[row["instrument_code"]]
        choice = known.index(row["instrument_version"]) + 1 if len(known) > 1 else 0
        found.append((row["instrument_code"], row["instrument_version"], row["item_code"], float(row["minimum"]),
                      float(row["maximum"]), row["is_reversed"].lower() in ("true", "oui", "1"), row["dimension_code"],
                      number, choice, len(known)))
    return found


def payer_rules() -> list[tuple[str, str, str, str, str]]:
    """Dated payers: benefit, département ('' = everywhere), payer, valid from, valid to ('' = open)."""
    return [(row["benefit_code"], row["department_code"] or "", row["payer_code"], row["valid_from"] or "",
             row["valid_to"] or "") for row in _reference("payer_rules")]
