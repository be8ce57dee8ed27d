"""What is generated from the contracts: fresh, complete, and files that open again."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
import yaml

from tznr_platform.contracts import contracts, generate, legal_amounts, reference, reference_names
from tznr_platform.errors import PermanentError

ROOT = generate.ROOT


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("templates")
    generate.write_templates(directory)
    return directory


def test_committed_files_are_fresh():
    assert generate.check_generated() == [], "run `tznr docs`"


def test_a_stale_file_is_named(tmp_path: Path):
    marks = generate.GLOSSARY_START + generate.GLOSSARY_END
    (tmp_path / "GLOSSARY.md").write_text(marks, encoding="utf-8")
    paths = generate.write_all(tmp_path)
    assert generate.check_generated(tmp_path) == []
    paths[3].write_text("autre", encoding="utf-8")
    assert generate.check_generated(tmp_path) == ["docs/dictionnaire.md"]


def test_a_glossary_without_its_marks_stops(tmp_path: Path):
    (tmp_path / "GLOSSARY.md").write_text("nothing", encoding="utf-8")
    with pytest.raises(PermanentError, match="marks"):
        generate.write_glossary(tmp_path / "GLOSSARY.md")


def test_legal_amounts_are_those_of_the_installed_openfisca():
    assert reference("legal_amounts") == legal_amounts.extract()


@pytest.mark.parametrize(("code", "start", "value"), [
    ("RSA_BASE", "2025-04-01", 646.52), ("RSA_BASE", "2026-04-01", 651.69),
    ("PPA_BASE", "2024-04-01", 622.63), ("ASPA_SINGLE", "2025-01-01", 12411.44),
    ("CSS_CEILING", "2024-04-01", 10166), ("ASS_FULL", "2026-04-01", 19.48),
    ("ARE_MINIMUM", "2025-07-01", 32.13), ("AAH_MAXIMUM", "2023-04-01", 971.37)])
def test_published_amounts(code: str, start: str, value: float):
    found = {(row["amount_code"], row["start_date"]): row for row in reference("legal_amounts")}
    assert float(found[code, start]["value"]) == value
    assert found[code, start]["certainty"] == "certain"


def test_what_openfisca_lacks_is_marked_weak():
    extracted = [row for row in reference("legal_amounts") if not row["parameter_path"]]
    assert {row["amount_code"] for row in extracted} == {"CSS_CEILING", "CSS_PARTICIPATION_CEILING",
                                                         "ENERGY_VOUCHER_THRESHOLD_4"}
    assert all(row["certainty"] == "faible" and row["source"] for row in extracted)


def test_dbt_sources_hold_every_table_and_no_database():
    text = (ROOT / "dbt_project/models/staging/sources.yml").read_text(encoding="utf-8")
    sources = {source["name"]: source for source in yaml.safe_load(text)["sources"]}
    assert [table["name"] for table in sources["accepted"]["tables"]] == list(contracts())
    assert {table["name"] for table in sources["reference"]["tables"]} == set(reference_names())
    assert not any("database" in source for source in sources.values())
    columns = [column["name"] for column in sources["accepted"]["tables"][0]["columns"]]
    assert columns[:2] == ["person_id", "first_contact_date"]
    assert columns[-2:] == ["delivery_id", "line_number"]


def test_every_column_has_one_documentation_block():
    text = (ROOT / "dbt_project/models/docs/contracts.md").read_text(encoding="utf-8")
    for table in contracts().values():
        for field in table.fields:
            assert text.count(f"{{% docs {field.column} %}}") == 1, field.column


def test_glossary_has_every_column():
    glossary = (ROOT / "GLOSSARY.md").read_text(encoding="utf-8")
    for table in contracts().values():
        for field in table.fields:
            assert f"| {field.title} | `{field.name}` | `{field.column}` |" in glossary


@pytest.mark.parametrize("table", [table for table in contracts().values()
                                   if table.sender_kind != "open_data"], ids=lambda table: table.name)
def test_templates_open_again(templates: Path, table):
    names = [field.name for field in table.fields]
    blank = (templates / f"modele_{table.name}.csv").read_bytes()
    assert blank == ("\ufeff" + ";".join(names) + "\r\n").encode()
    book = openpyxl.load_workbook(templates / f"modele_{table.name}.xlsx")
    assert book.sheetnames == [table.name, "Listes", "Mode d'emploi"]
    assert [cell.value for cell in book[table.name][1]] == names
    lists = [field for field in table.fields
             if (field.enum and not field.multi_separator) or field.type == "boolean"]
    assert len(book[table.name].data_validations.dataValidation) == len(lists)


def test_no_template_for_open_data(templates: Path):
    assert not (templates / "modele_communes.csv").exists()
