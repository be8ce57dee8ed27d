"""The few facts this room takes from the contracts, and nothing else of them.

Here: legal scales by month, areas and communes of the territories, questionnaire items, payers. Not here:
any invented number (``truth``). Contracts are read when a function is called, never at import.
"""

from __future__ import annotations

from collections.abc import Iterable

from tznr_platform.synthetic.timeline import month_label

# Column of `legal` -> code of the legal amount.
SCALE = {
    "rsa": "RSA_BASE",
    "rsa_second": "RSA_SECOND_PERSON",
    "rsa_third": "RSA_NEXT_PERSON",
    "rsa_more": "RSA_EXTRA_CHILD",
    "housing_one": "RSA_HOUSING_1",
    "housing_two": "RSA_HOUSING_2",
    "housing_three": "RSA_HOUSING_3",
    "rsa_minimum": "RSA_MINIMUM_PAID",
    "ppa": "PPA_BASE",
    "ppa_minimum": "PPA_MINIMUM_PAID",
    "aspa_single": "ASPA_SINGLE",
    "aspa_couple": "ASPA_COUPLE",
    "aah": "AAH_MAXIMUM",
    "ass_day": "ASS_FULL",
    "are_minimum": "ARE_MINIMUM",
    "css_under_30": "CSS_SHARE_UNDER_30",
    "css_30_49": "CSS_SHARE_30_49",
    "css_50_59": "CSS_SHARE_50_59",
    "css_60_69": "CSS_SHARE_60_69",
    "css_over_69": "CSS_SHARE_70_PLUS",
}
# Départements without a known TZNR, for which bodies also send aggregates.
COMPARISON_DEPARTMENTS = ("02", "08", "18", "19", "23", "36", "41", "52", "58", "72", "79", "87", "89")


def _reference(name: str) -> list[dict[str, str]]:
    from tznr_platform.contracts import reference

    return reference(name)


def monthly_values(name: str, months: Iterable[int]) -> list[float]:
    """Legal amount or rate in each month: the last one in force (the first known one before that).

    ``name`` is a key of ``SCALE``. Raises ``KeyError`` when the contracts do not know the amount.
    """
    dated = sorted(
        (row["start_date"][:7], float(row["value"]))
        for row in _reference("legal_amounts")
        if row["amount_code"] == SCALE[name] and row["value"]
    )
    if not dated:
        raise KeyError(SCALE[name])
    return [
        next((value for start, value in reversed(dated) if start <= month_label(m)), dated[0][1])
        for m in months
    ]


def communes() -> list[tuple[int, str]]:
    """(territory number, commune) of the territories that are one commune."""
    return [
        (int(row["territory_code"][-2:]), row["area_code"])
        for row in _reference("territories")
        if row["territory_type_code"] == "commune" and row["area_code"]
    ]


def departments() -> list[tuple[int, str]]:
    """(territory number, département) of the established territories."""
    return [
        (int(row["territory_code"][-2:]), row["department_code"])
        for row in _reference("territories")
        if row["department_code"]
    ]


def areas() -> list[tuple[str, str, bool]]:
    """(kind, code, is comparison area) of every area that bodies count, without doubles."""
    rows = [row for row in _reference("territories") if row["area_code"]]
    own = {(row["territory_type_code"].lower(), row["area_code"]) for row in rows}
    own |= {("departement", row["department_code"]) for row in rows}
    others = {("departement", code) for code in COMPARISON_DEPARTMENTS} - own
    return [(*area, False) for area in sorted(own)] + [(*area, True) for area in sorted(others)]


def items() -> list[tuple]:
    """Questionnaire items, as rows of the table ``items`` of ``survey_rows``.

    The last two columns: rank of the version and number of versions. With several versions of an instrument
    each person answers one; with a single one the rank is 0.
    """
    rows = sorted(
        _reference("instruments"),
        key=lambda r: (r["instrument_code"], r["instrument_version"], r["item_code"]),
    )
    versions: dict[str, list[str]] = {}
    for row in rows:
        known = versions.setdefault(row["instrument_code"], [])
        if row["instrument_version"] not in known:
            known.append(row["instrument_version"])
    found = []
    for number, row in enumerate(rows):
        known = versions[row["instrument_code"]]
        choice = known.index(row["instrument_version"]) + 1 if len(known) > 1 else 0
        found.append(
            (
                row["instrument_code"],
                row["instrument_version"],
                row["item_code"],
                float(row["minimum"]),
                float(row["maximum"]),
                row["is_reversed"].lower() in ("true", "oui", "1"),
                row["dimension_code"],
                number,
                choice,
                len(known),
            )
        )
    return found


def payer_rules() -> list[tuple[str, str, str, str, str]]:
    """Dated payers: benefit, département ('' = everywhere), payer, valid from, valid to ('' = open)."""
    return [
        (
            row["benefit_code"],
            row["department_code"] or "",
            row["payer_code"],
            row["valid_from"] or "",
            row["valid_to"] or "",
        )
        for row in _reference("payer_rules")
    ]


def delays() -> list[tuple[str, int]]:
    """Months of delay of each body."""
    return [(row["body_code"], int(row["delay_month_count"])) for row in _reference("delay_rules")]


def spell_rules() -> list[tuple[str, int, str, bool]]:
    """Rules of spells: code, months that end a spell, basis, whether the delay is set aside."""
    return [
        (row["rule_code"], int(row["gap_months"]), row["basis_code"], row["has_delay"] == "true")
        for row in _reference("spell_rules")
    ]


def benefit_transitions() -> list[tuple[str, str]]:
    """Passages from one benefit to another that are not exits."""
    return [(row["from_benefit_code"], row["to_benefit_code"]) for row in _reference("benefit_transitions")]
