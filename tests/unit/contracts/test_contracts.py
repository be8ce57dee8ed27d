"""What the contracts promise: standard schemas, examples that pass, refusal of what is not understood."""

from __future__ import annotations

import copy
import datetime as dt
import json
import re
from pathlib import Path

import pytest

from tznr_platform import contracts
from tznr_platform.contracts import loader
from tznr_platform.errors import PermanentError

SCHEMAS = {path.stem: path for path in sorted(loader.DIRECTORY.glob("*.json"))}
FIELDS = [(table.name, field) for table in contracts.contracts().values() for field in table.fields]
TERRITORY_TABLES = ["personnes", "rencontres", "droits", "reponses", "professionnels", "postes",
                    "organisations", "liens", "participation", "depenses", "evenements_cout", "entretiens"]


def schema(name: str) -> dict:
    return json.loads(SCHEMAS[name].read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", SCHEMAS)
def test_is_a_valid_table_schema_whose_examples_pass(name: str):
    from frictionless import Resource, Schema, validate

    descriptor = schema(name)
    Schema.validate_descriptor(descriptor)
    example = {field["name"]: field["example"] for field in descriptor["fields"]}
    rows = [list(example), [str(value) for value in example.values()]]
    descriptor.pop("foreignKeys", None)
    report = validate(Resource(data=rows, schema=Schema.from_descriptor(descriptor)))
    assert report.valid, report.flatten(["fieldName", "note"])


def test_tables_come_in_the_order_of_ingestion():
    names = list(contracts.contracts())
    assert names[:15] == [*TERRITORY_TABLES, "retours", "droits_mensuels", "agregats"]
    assert [contracts.contract(name).sender_kind for name in names[15:]] == ["evaluator"] + ["open_data"] * 10
    assert set(names) == set(SCHEMAS)


@pytest.mark.parametrize(("table", "field"), FIELDS, ids=lambda value: getattr(value, "name", value))
def test_examples_and_choices_are_consistent(table: str, field: contracts.Field):
    example = str(field.example)
    if field.multi_separator:
        assert set(example.split(field.multi_separator)) <= set(field.enum)
    elif field.enum:
        assert example in field.enum
    elif field.pattern:
        assert re.fullmatch(field.pattern, example)
    assert field.minimum is None or float(field.example) >= field.minimum
    assert field.maximum is None or float(field.example) <= field.maximum
    assert field.title and len(field.description) > 8, table
    assert re.fullmatch(r"[a-z0-9_]+", field.column)


def test_the_pattern_of_a_multiple_choice_is_that_of_its_codes():
    for table, field in FIELDS:
        if field.multi_separator:
            described = next(item for item in schema(table)["fields"] if item["name"] == field.name)
            one = f"({'|'.join(field.enum)})"
            several = f"^{one}({re.escape(field.multi_separator)}{one})*$"
            assert described["constraints"]["pattern"] == several


def test_no_choice_folds_to_nothing_or_to_another():
    for _, field in FIELDS:
        folded = {re.sub("[^a-z0-9]+", "", choice.lower()) for choice in field.enum or ()}
        assert "" not in folded and len(folded) == len(field.enum or ())


def test_only_the_monograph_territories_send_interviews():
    assert contracts.contract("entretiens").senders == ("TZNR-02", "TZNR-12", "TZNR-25")
    assert len(contracts.contract("personnes").senders) == 39
    assert contracts.contract("droits_mensuels").senders == ("CNAF", "MSA", "CNAM", "CNAV", "FRANCE_TRAVAIL")


def test_values_of_rules_are_text():
    rule = contracts.contract("agregats").rules[0]
    assert (rule.kind, rule.fields, dict(rule.params)) == (
        "required_if", ("foyers",), {"when": "secret_statistique", "in": ("false",)})


def test_calendar():
    dates = contracts.calendar()
    assert dates["experiment_start"] == dt.date(2023, 7, 15)
    assert dates["collection_end"] == dt.date(2026, 12, 31)
    assert dates["working_data_end"] == dt.date(2027, 5, 31)


@pytest.mark.parametrize(("change", "message"), [
    (lambda s: s.update({"tznr:unknown": 1}), "unknown tznr:unknown"),
    (lambda s: s.pop("tznr:retention"), "missing tznr:retention"),
    (lambda s: s["fields"][1].update({"tznr:colour": "red"}), "unknown tznr:colour"),
    (lambda s: s["fields"][1].pop("tznr:sensitivity"), "missing tznr:sensitivity"),
    (lambda s: s["fields"][1].update({"tznr:sensitivity": "secret"}), "sensitivity unknown"),
    (lambda s: s["fields"][1]["constraints"].update({"unique": True}), "unknown unique"),
    (lambda s: s["fields"][1].update({"type": "string"}), "free text"),
    (lambda s: s["fields"][2]["tznr:labels"].pop("75_plus"), "French label"),
    (lambda s: s["tznr:rules"][0].update({"kind": "guess"}), "kind of rule unknown: guess"),
    (lambda s: s["tznr:rules"][0].update({"reason_code": "ODD"}), "reason code unknown: ODD"),
    (lambda s: s["tznr:rules"][0]["params"].update({"from": "someday"}), "event of the calendar unknown"),
    (lambda s: s["tznr:rules"][0].update({"fields": ["age"]}), "field unknown: age"),
    (lambda s: s.update({"tznr:senders": ["TZNR-99"]}), "sender unknown: TZNR-99"),
    (lambda s: s.update({"tznr:cadence": "daily"}), "cadence unknown: daily"),
])
def test_what_is_not_understood_stops(change, message: str):
    broken = copy.deepcopy(schema("personnes"))
    change(broken)
    with pytest.raises(PermanentError, match=message):
        loader.parse(broken)


def test_the_territories_can_be_replaced_without_touching_code(tmp_path: Path):
    rows = contracts.reference("territories")
    rows[26]["territory_label"] = "Territoire révélé"
    lines = [",".join(rows[0]), *(",".join(f'"{value}"' for value in row.values()) for row in rows[:27])]
    (tmp_path / "territories.csv").write_text("\n".join(lines), encoding="utf-8")
    assert contracts.senders(tmp_path)["TZNR-27"].label == "Territoire révélé"
    assert len(loader.contracts(tmp_path)["personnes"].senders) == 27
    assert contracts.reference("bodies", tmp_path) == contracts.reference("bodies")


def test_a_replaced_list_keeps_its_columns(tmp_path: Path):
    (tmp_path / "benefits.csv").write_text("code\nRSA\n", encoding="utf-8")
    with pytest.raises(PermanentError, match="columns"):
        contracts.reference("benefits", tmp_path)
