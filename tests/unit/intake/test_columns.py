"""Which field a column holds: variants are folded, near misses are told and never taken."""

from __future__ import annotations

import pytest

from tznr_platform import contracts
from tznr_platform.intake.arrivals import FileRefusedError
from tznr_platform.intake.columns import match_columns, name_key, table_of_headers

PERSONS = contracts.contract("personnes")
NAMES = [field.name for field in PERSONS.fields]


def renamed(name: str, header: str) -> list[str]:
    return [header if known == name else known for known in NAMES]


@pytest.mark.parametrize(("name", "header"), [
    ("date_premier_contact", "Date du premier contact"), ("date_premier_contact", "DATE-PREMIER-CONTACT"),
    ("date_premier_contact", "date_premier_contact (JJ/MM/AAAA)"), ("nombre_enfants", "Nb d'enfants *"),
    ("tranche_age", "Tranches d'âge"), ("situation_activite", "Situation\nactivité"),
    ("statut_logement", "statut du logement")])
def test_usual_variants_are_the_same_name(name, header):
    assert match_columns(renamed(name, header), PERSONS).columns == tuple(NAMES)


def test_keys_of_a_contract_stay_apart():
    for contract in contracts.contracts().values():
        keys = [name_key(field.name) for field in contract.fields]
        assert len(set(keys)) == len(keys), contract.name


@pytest.mark.parametrize("header", ["date_premer_contact", "date_premier_contac", "date_1er_contact"])
def test_a_near_miss_of_a_mandatory_column_is_told_and_not_taken(header):
    with pytest.raises(FileRefusedError) as refusal:
        match_columns(renamed("date_premier_contact", header), PERSONS, left=2)
    rank = NAMES.index("date_premier_contact") + 3
    assert (refusal.value.reason, refusal.value.detail) == ("COLUMN_MISSING", (
        f"date_premier_contact : colonne n° {rank}, vouliez-vous dire « date_premier_contact » ?"))


def test_a_missing_column_that_nothing_resembles_is_named():
    with pytest.raises(FileRefusedError) as refusal:
        match_columns([name for name in NAMES if name != "opposition"] + ["couleur"], PERSONS)
    assert refusal.value.detail == "opposition"


def test_a_near_miss_of_an_optional_column_is_a_remark():
    matched = match_columns(renamed("homonyme_possible", "homonymes_posible"), PERSONS)
    rank = NAMES.index("homonyme_possible")
    assert matched.columns[rank] is None
    assert matched.remarks == (("COLUMN_SUGGESTED",
                                f"colonne n° {rank + 1} : vouliez-vous dire « homonyme_possible » ?"),)


def test_an_exact_name_wins_over_a_variant():
    columns = match_columns([*NAMES, "Dates premier contact"], PERSONS).columns
    assert columns == (*NAMES, None)


def test_a_field_given_twice_is_refused():
    with pytest.raises(FileRefusedError) as refusal:
        match_columns([*NAMES, "Opposition"], PERSONS)
    assert (refusal.value.reason, refusal.value.detail) == ("HEADER_AMBIGUOUS", "colonne en double : opposition")


def test_the_table_told_by_the_columns():
    assert table_of_headers([name.upper().replace("_", " ") for name in NAMES]) == "personnes"
    assert table_of_headers(["a", "b"]) is None
