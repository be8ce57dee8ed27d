"""The files: same seed, same bytes; names and columns as promised; every kind of hand; nobody's name."""

from __future__ import annotations

import hashlib
import re

import pytest
from python_calamine import CalamineWorkbook

from tests.unit.synthetic.cohort import write_cohort
from tznr_platform import contracts
from tznr_platform.synthetic import truth

NAME = re.compile(
    r"(TZNR-\d\d|CNAF|MSA|CNAM|CNAV|FRANCE_TRAVAIL|EVAL)_([a-z_]+)"
    r"_(20\d\d(-(0[1-9]|1[0-2]|T[1-4]|S[12]))?)(_v\d)?\.(csv|txt|xlsx|ods)"
)


def fingerprint(folder) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def regular(cohort) -> list[dict[str, str]]:
    return [row for row in cohort.answer("files") if row["sender_code"]]


def table_columns(name: str) -> list[str]:
    return [field.name for field in contracts.contract(name).fields]


def test_same_seed_same_bytes_whatever_the_threads(cohort, tmp_path):
    again = write_cohort(tmp_path / "again", threads=1)
    assert fingerprint(again.inbox) == fingerprint(cohort.inbox)
    assert fingerprint(again.key) == fingerprint(cohort.key)


def test_another_seed_is_another_population(cohort, tmp_path):
    other = write_cohort(tmp_path / "other", threads=2, seed=8, persons=60, through="2024-03")
    known = {row["identifiant"] for row in cohort.answer("canaries")}
    assert known.isdisjoint(row["identifiant"] for row in other.answer("canaries"))


def test_every_file_is_in_the_answer_key_and_nothing_else(cohort):
    present = {path.name for path in cohort.inbox.rglob("*") if path.is_file()}
    listed = {row["file_name"].split("/")[-1] for row in cohort.answer("files")}
    broken = [row for row in cohort.answer("files") if not row["sender_code"]]
    assert present | {row["file_name"].split("/")[-1] for row in broken} == listed
    assert all((cohort.inbox / row["file_name"]).exists() for row in broken)


def test_names_follow_the_grammar(cohort):
    for row in regular(cohort):
        match = NAME.fullmatch(row["file_name"])
        assert match, row["file_name"]
        assert match[1] in contracts.contract(match[2]).senders


def test_some_send_nothing_some_late_some_again(cohort):
    senders = {row["sender_code"] for row in regular(cohort)}
    assert senders.isdisjoint({"TZNR-31", "TZNR-36", "TZNR-38"}) and len(senders) > 35
    last = {row["sender_code"]: row["period"] for row in regular(cohort) if row["table_name"] == "personnes"}
    assert last["TZNR-04"] < last["TZNR-05"]
    assert any(row["version"] == "2" for row in regular(cohort))


def test_every_file_reason_has_a_broken_file(cohort):
    reasons = {row["reason_code"] for row in cohort.answer("files")} - {""}
    assert reasons >= {
        "FILE_EMPTY",
        "TABLE_UNKNOWN",
        "SENDER_UNKNOWN",
        "PERIOD_UNKNOWN",
        "COLUMN_MISSING",
        "NO_ROWS",
        "NOMINATIVE_COLUMN",
        "FORMAT_UNSUPPORTED",
        "DUPLICATE_DELIVERY",
        "FILE_UNREADABLE",
    }
    assert reasons <= {
        code for code, reason in contracts.reason_codes().items() if reason.level in ("file", "info")
    }


@pytest.mark.parametrize(
    ("path", "encoding", "separator"),
    [
        ("TZNR-05/TZNR-05_{}_2024-T1.csv", "utf-8", ";"),
        ("TZNR-16/TZNR-16_{}_2024-T1.csv", "utf-8", ","),
        ("TZNR-12/TZNR-12_{}_2024-T1.csv", "utf-8", "\t"),
        ("TZNR-07/TZNR-07_{}_2024-T1.csv", "utf-8-sig", ";"),
    ],
)
def test_columns_are_those_of_the_contract(cohort, path, encoding, separator):
    for table in ("personnes", "rencontres", "droits"):
        title = (cohort.inbox / path.format(table)).read_text(encoding=encoding).splitlines()[0]
        assert title.split(separator) == table_columns(table)


@pytest.mark.parametrize(
    "table", [*(name for name, c in contracts.contracts().items() if c.sender_kind != "open_data")]
)
def test_each_table_exists_with_all_its_columns(cohort, table):
    sample = next(
        row
        for row in regular(cohort)
        if row["table_name"] == table and row["sender_code"] in ("TZNR-05", "TZNR-12", "CNAF", "EVAL")
    )
    text = (cohort.inbox / sample["sender_code"] / sample["file_name"]).read_text(encoding="utf-8")
    assert re.split("[;\t]", text.splitlines()[0]) == table_columns(table)


def test_hands_differ(cohort):
    accented = (cohort.inbox / "TZNR-03" / "TZNR-03_rencontres_2024-T1.csv").read_bytes()
    assert "Rôle_professionnel".encode("cp1252") in accented
    assert re.search(rb";\d\d/\d\d/2024;", accented)
    assert (cohort.inbox / "TZNR-25" / "TZNR-25_droits_2024-T1.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert "Antenne" in (cohort.inbox / "TZNR-06" / "TZNR-06_droits_2024-T1.csv").read_text().splitlines()[0]
    assert (
        "Décision".lower().encode("cp1252")
        in (cohort.inbox / "MSA" / "MSA_droits_mensuels_2024-08.csv").read_bytes()
    )


def test_a_territory_tells_the_version_and_the_homonyms_or_neither(cohort):
    files = cohort.sql("""
        select count(*) as rows, count(version_identifiant), count(homonyme_possible)
        from read_csv('{inbox}/TZNR-*/*_personnes_*.csv', delim=';', header=true, all_varchar=true,
            union_by_name=true, null_padding=true, ignore_errors=true, filename=true)
        where length(identifiant) = 64 and date_information is not null and opposition is not null
        group by filename""")
    assert {bool(versions) for _, versions, _ in files} == {True, False}
    assert all(versions == homonyms and versions in (0, rows) for rows, versions, homonyms in files)


def test_spreadsheets_open_with_typed_cells(cohort):
    paths = [path for path in cohort.inbox.rglob("*_rencontres_*") if path.suffix in (".xlsx", ".ods")]
    assert {path.suffix for path in paths} == {".xlsx", ".ods"}
    for path in paths:
        rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
        assert rows[0] == table_columns("rencontres")
        assert all(not isinstance(row[1], str) for row in rows[1:])


def test_no_witness_name_in_any_delivery(cohort):
    canaries = cohort.answer("canaries")
    names = [row[field].encode() for row in canaries for field in ("family_name", "given_name", "nir")]
    assert len(canaries) == truth.CANARIES and len(set(names)) == 3 * truth.CANARIES
    content = b"\n".join(path.read_bytes() for path in cohort.inbox.rglob("*") if path.is_file())
    assert not [name for name in names if name in content]
    assert sum(row["identifiant"].encode() in content for row in canaries) > truth.CANARIES * 0.8


def test_bodies_pay_what_the_contracts_say():
    said: dict[str, set[str]] = {}
    for row in contracts.reference("body_benefits"):
        said.setdefault(row["body_code"], set()).add(row["benefit_code"])
    assert {body: set(benefits) for body, benefits in truth.PAID_BY.items()} == said
