"""The reference lists: counts that public sources give, codes that agree, words for everything."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import duckdb
import pytest

from tznr_platform.contracts import contract, contracts, reason_codes, reference, reference_names, senders

SHARED = Path(__file__).parents[4] / "shared" / "data"


def column(name: str, key: str) -> list[str]:
    return [row[key] for row in reference(name)]


def test_territories_are_39_of_which_26_established():
    rows = reference("territories")
    assert [row["territory_code"] for row in rows] == [f"TZNR-{number:02d}" for number in range(1, 40)]
    assert Counter(row["is_established"] for row in rows) == {"true": 26, "false": 13}
    assert Counter(row["territory_type_code"] for row in rows) == {
        "commune": 16, "departement": 5, "epci": 5, "": 13}
    assert Counter(row["start_wave"] for row in rows) == {"2023": 11, "2024": 28}
    assert len({row["region_code"] for row in rows} - {""}) == 14
    assert len({row["department_code"] for row in rows} - {""}) == 24


def test_nothing_is_invented_for_a_reserved_territory():
    for row in reference("territories"):
        if row["is_established"] == "false":
            assert not row["area_code"] and not row["department_code"] and row["certainty"] == "inconnu"


def test_senders():
    kinds = Counter(sender.kind for sender in senders().values())
    assert kinds == {"territory": 39, "body": 5, "evaluator": 1, "open_data": 1}


def test_every_list_is_in_the_catalogue():
    assert sorted(column("catalogue", "list_name")) == list(reference_names())


def test_every_reason_has_a_message_and_a_remedy():
    for reason in reason_codes().values():
        assert reason.level in ("row", "file", "info", "fact")
        assert reason.message.endswith((".", ")")) and reason.remedy.endswith(".")
    assert {reason.level for reason in reason_codes().values()} == {"row", "file", "info", "fact"}


@pytest.mark.parametrize("name", [name for name in reference_names()
                                  if "source" in reference(name)[0]])
def test_every_fact_has_a_source(name: str):
    assert all(column(name, "source"))


def test_codes_agree():
    benefits, bodies = column("benefits", "benefit_code"), column("bodies", "body_code")
    payers = column("payers", "payer_code")
    assert list(contract("droits").field("prestation").enum) == benefits
    assert set(contract("droits_mensuels").field("prestation").enum) == set(benefits) - {"EXTRALEGAL"}
    assert set(column("body_benefits", "benefit_code")) <= set(benefits)
    assert set(column("body_benefits", "body_code")) == set(bodies)
    assert set(column("payer_rules", "benefit_code")) == set(benefits)
    assert set(column("payer_rules", "payer_code")) <= set(payers)
    assert set(contract("couts_unitaires").field("payeur").enum) <= set(payers)
    assert list(contract("evenements_cout").field("type_evenement").enum) == column("cost_event_types",
                                                                                    "cost_event_code")
    fed = {row["benefit_code"] for row in reference("benefits") if row["has_body_feed"] == "true"}
    assert fed == set(column("body_benefits", "benefit_code"))


def test_scales_have_items_enough_and_a_reversed_one():
    scales: dict[tuple[str, str], list[dict]] = {}
    for row in reference("instruments"):
        scales.setdefault((row["instrument_code"], row["instrument_version"]), []).append(row)
    assert len(scales) >= 3
    for items in scales.values():
        assert len(items) >= 3
        assert any(item["is_reversed"] == "true" for item in items)
        assert len({(item["minimum"], item["maximum"]) for item in items}) == 1
        assert all("proposition du projet" in item["source"] for item in items)
    trust = {items[0]["maximum"] for (code, _), items in scales.items() if code == "CONFIANCE"}
    assert trust == {"10", "4"}


def test_control_totals_name_columns_of_their_table():
    for row in reference("control_totals"):
        columns = {field.column for field in contracts()[row["table_name"]].fields}
        filters = [part.partition("=") for part in row["filters"].split("|") if part]
        assert {row["column_name"], *(name for name, _, _ in filters)} <= columns
        assert row["measure"] in ("sum", "value", "count")


@pytest.mark.parametrize("name", [table.name for table in contracts().values() if table.filenames])
def test_open_data_contracts_are_the_headers_of_the_published_files(name: str):
    table = contract(name)
    files = [path for glob in table.filenames for path in SHARED.rglob(glob)] if SHARED.is_dir() else []
    if not files:
        pytest.skip("the public files of ../shared/data are not here")
    header = files[0].read_text(encoding="utf-8-sig").splitlines()[0].split(",")
    assert header == [field.name for field in table.fields]


@pytest.mark.parametrize("control", reference("control_totals"), ids=lambda row: row["control_id"])
def test_public_files_reach_their_control_totals(control: dict[str, str]):
    table = contract(control["table_name"])
    files = [path for glob in table.filenames for path in SHARED.rglob(glob)] if SHARED.is_dir() else []
    if not files:
        pytest.skip("the public files of ../shared/data are not here")
    names = {field.column: field.name for field in table.fields}
    filters = [part.split("=") for part in control["filters"].split("|") if part]
    where = " and ".join([f"\"{names[name]}\" = '{value}'" for name, value in filters]) or "true"
    counted = f'"{names[control["column_name"]]}"'
    wanted = f"count({counted})" if control["measure"] == "count" else f"sum({counted}::double)"
    found, rows = duckdb.sql(f"select {wanted}, count(*) from read_csv('{files[0]}', all_varchar = true) "
                             f"where {where}").fetchone()
    assert abs(found - float(control["published_value"])) <= float(control["tolerance"]) + 1e-9
    assert control["measure"] != "value" or rows == 1


def test_every_contradiction_has_a_rule_a_treatment_and_a_message():
    facts = {code for code, reason in reason_codes().items() if reason.level == "fact"}
    assert set(column("contradictions", "reason_code")) == facts | {"OUTSIDE_COLLECTION_WINDOW"}
    assert set(column("contradictions", "table_name")) <= set(contracts())
    assert set(column("contradictions", "treatment_code")) == {"ecarte", "montant_ecarte", "date_ecartee", "signale"}


def test_every_body_has_a_delay_and_every_amount_a_ceiling():
    assert column("delay_rules", "body_code") == column("bodies", "body_code")
    assert set(column("delay_rules", "question")) == {"Q16"}
    assert set(column("amount_ceilings", "amount_code")) <= set(column("legal_amounts", "amount_code"))
    fed = set(column("body_benefits", "benefit_code"))
    assert set(column("amount_ceilings", "benefit_code")) == fed - {"CSS_GRATUITE"}


def test_statuses_have_a_number():
    """The macro ``status_number`` names every status but the last, which is what is left."""
    macro = (Path(__file__).parents[3] / "dbt_project" / "macros" / "vintage.sql").read_text(encoding="utf-8")
    statuses = contract("droits_mensuels").field("statut").enum
    assert [status for status in statuses if f"'{status}'" not in macro] == ["INCONNU"]
