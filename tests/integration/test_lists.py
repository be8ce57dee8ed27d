"""Lists sent to the bodies, and what comes back: only those asked about, never those who objected."""

from __future__ import annotations

import csv
import json
import stat

import pytest

from tests.byte_scan import hits
from tests.integration.intake_files import MONTHS, PERSONS, RETURNS, Inbox, identifier
from tznr_platform.errors import UserError
from tznr_platform.privacy import exclusions
from tznr_platform.privacy.pseudonym import AnalysisKey
from tznr_platform.release.lists import list_out
from tznr_platform.storage import connect, registers

FIRST, SECOND = "TZNR-01_personnes_2025-T2.csv", "TZNR-02_personnes_2025-T2.csv"


@pytest.fixture
def declared(inbox: Inbox) -> Inbox:
    """Anna and Bela in one territory, Bela and Carl in another."""
    inbox.put(FIRST, PERSONS.text("anna", "bela"))
    inbox.put(SECOND, PERSONS.text("bela", "carl"))
    inbox.run()
    return inbox


def rows(path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.reader(stream, delimiter=";"))


def exclude(inbox: Inbox, person: str, act=exclusions.exclude) -> None:
    pseudonym = AnalysisKey.load(inbox.settings).second_pass(identifier(person))
    with connect(None, settings=inbox.settings) as con:
        act(con, inbox.settings, f"select '{pseudonym}' as pseudonym")


def test_the_list_holds_identifiers_and_territories(declared):
    sent = list_out(declared.settings, "CNAF", why="campagne de juin")
    assert rows(sent.path)[0] == ["identifiant", "code_territoire"]
    assert sorted(map(tuple, rows(sent.path)[1:])) == sorted(
        [(identifier("anna"), "TZNR-01"), (identifier("bela"), "TZNR-01"), (identifier("bela"), "TZNR-02"),
         (identifier("carl"), "TZNR-02")])
    assert (sent.person_count, sent.row_count, sent.missing_count) == (3, 4, 0)
    assert stat.S_IMODE(sent.path.stat().st_mode) == 0o600


def test_what_was_sent_is_recorded_without_identifier(declared):
    first = list_out(declared.settings, "CNAF", why="juin")
    second = list_out(declared.settings, "CNAF", why="juin, second envoi")
    assert first.list_id != second.list_id
    found = declared.query(f"select list_id, count(*) from ({registers.sent_lists(declared.settings)}) group by 1")
    assert sorted(found) == sorted([(first.list_id, 4), (second.list_id, 4)])
    entry = json.loads(declared.settings.audit_file.read_text().splitlines()[0])
    assert (entry["action"], entry["why"], entry["facts"]["person_count"]) == ("list_out", "juin", 3)


def test_identifiers_lie_in_clear_in_the_list_only(declared):
    sent = list_out(declared.settings, "MSA", why="juin")
    needles = [form for name in ("anna", "bela", "carl")
               for form in (identifier(name).encode(), bytes.fromhex(identifier(name)))]
    found = hits(declared.settings.root, needles, skip=["inbox"])
    assert found == [str(sent.path.relative_to(declared.settings.root))]


@pytest.mark.parametrize("act", [exclusions.exclude, exclusions.restrict])
def test_nobody_excluded_or_restricted_is_asked_about(declared, act):
    exclude(declared, "bela", act)
    sent = list_out(declared.settings, "CNAF", why="juin")
    assert {row[0] for row in rows(sent.path)[1:]} == {identifier("anna"), identifier("carl")}


def test_r15_a_row_for_a_person_never_sent_is_refused_and_counted(declared):
    exclude(declared, "bela", exclusions.restrict)
    list_out(declared.settings, "CNAF", why="juin")
    declared.put("CNAF_retours_2025-06.csv", RETURNS.text("anna", "bela", "dora"))
    declared.put("CNAF_droits_mensuels_2025-06.csv", MONTHS.text("anna", "bela", "dora"))
    outcome = declared.run()
    assert [(d.table_name, d.accepted_row_count, d.refused_row_count) for d in outcome.deliveries] == [
        ("retours", 1, 2), ("droits_mensuels", 1, 2)]
    assert {(line, reason) for line, _, reason in declared.refusals()} == {(3, "NOT_ON_LIST"), (4, "NOT_ON_LIST")}


def test_before_any_list_the_persons_declared_count_as_asked_about(declared):
    list_out(declared.settings, "MSA", why="juin")
    declared.put("CNAF_retours_2025-06.csv", RETURNS.text("anna", "bela", "dora"))
    outcome = declared.run()
    assert [(d.accepted_row_count, d.refused_row_count) for d in outcome.deliveries] == [(2, 1)]


def test_the_same_identifier_is_sealed_once(declared):
    before = registers.sealed_file(declared.settings).read_bytes()
    declared.put("TZNR-03_personnes_2025-T2.csv", PERSONS.text("anna"))
    declared.run()
    assert registers.sealed_file(declared.settings).read_bytes() == before
    assert stat.S_IMODE(registers.sealed_file(declared.settings).stat().st_mode) == 0o600


def test_an_altered_register_is_not_trusted(declared):
    path = registers.sealed_file(declared.settings)
    with connect(None, settings=declared.settings) as con:
        con.execute(f"create table t as select person_id, sealed_identifier from '{path}'")
        con.execute("update t set sealed_identifier = (select sealed_identifier from t where person_id = 2) "
                    "where person_id = 1")
        con.execute(f"copy t to '{path}' (format parquet)")
    with pytest.raises(UserError, match="altéré"):
        list_out(declared.settings, "CNAF", why="juin")


@pytest.mark.parametrize(("body", "why"), [
    ("CAF", "juin"), ("CNAF", " "), ("CNAF", "pour prenom.nom@exemple.fr"), ("CNAF", f"sauf {identifier('anna')}")])
def test_an_unknown_body_or_no_reason_stops(declared, body, why):
    with pytest.raises(UserError):
        list_out(declared.settings, body, why=why)


def test_nobody_to_ask_about_is_said(inbox):
    with pytest.raises(UserError, match="personne à demander"):
        list_out(inbox.settings, "CNAF", why="juin")
