"""What a person asks for is done, in time, and told by a chained ledger that names nobody."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass

import pytest

from tests.integration.intake_files import MONTHS, PERSONS, RETURNS, RIGHTS, Inbox, identifier
from tznr_platform.errors import ExitCode, UserError
from tznr_platform.privacy import ledger, requests
from tznr_platform.privacy.pseudonym import AnalysisKey
from tznr_platform.storage import audit, connect, load_accepted, registers

ANNE, BRUNO = identifier("anne"), identifier("bruno")
FIRST = "TZNR-01_personnes_2025-T2.csv"


@dataclass(frozen=True)
class Desk:
    """The platform after a first delivery about two persons."""

    inbox: Inbox

    @property
    def settings(self):
        return self.inbox.settings

    def add(self, request_type: str, subject: str = ANNE, **options) -> str:
        return requests.add(self.settings, request_type, "courriel", subject, **options).request_id

    def accept(self, request_type: str, subject: str = ANNE) -> str:
        request_id = self.add(request_type, subject)
        requests.decide(self.settings, request_id, accept=True, why="fondée")
        return request_id

    def status(self, request_id: str) -> str:
        return {request.request_id: request.status for request in ledger.read(self.settings)}[request_id]

    def rows(self, table: str = "personnes") -> int:
        with connect(None, settings=self.settings) as con:
            load_accepted(con, self.settings)
            return con.execute(f"select count(*) from accepted.{table}").fetchone()[0]

    def stored(self, table: str = "personnes") -> int:
        """Rows in the lake, former versions too."""
        return self.inbox.query(f"select count(*) from read_parquet('{self.settings.lake_dir}/accepted/{table}/**/"
                                "*.parquet', hive_partitioning = false)")[0][0]


@pytest.fixture
def desk(inbox: Inbox) -> Desk:
    ledger.ensure_key(inbox.settings)
    inbox.put(FIRST, PERSONS.text("anne", "bruno"))
    inbox.put("TZNR-01_droits_2025-T2.csv", RIGHTS.text("anne", "bruno"))
    inbox.put("CNAF_retours_2025-06.csv", RETURNS.text("anne", "bruno"))
    inbox.put("CNAF_droits_mensuels_2025-06.csv", MONTHS.text("anne", "bruno"))
    inbox.run()
    return Desk(inbox)


def test_an_opposition_takes_effect_at_once_and_everywhere(desk: Desk):
    request_id = desk.add("opposition")
    assert desk.status(request_id) == "exécutée"
    assert [desk.rows(table) for table in ("personnes", "droits", "retours", "droits_mensuels")] == [1, 1, 1, 1]
    desk.inbox.put("TZNR-02_personnes_2025-T3.csv", PERSONS.text("anne"))
    assert desk.inbox.run().counts == {"refused": 1}


def test_an_opposition_withdrawn_leaves_its_trace(desk: Desk):
    request_id = desk.add("opposition")
    requests.withdraw(desk.settings, request_id, ANNE, why="la personne a changé d'avis")
    assert desk.status(request_id) == "retirée" and desk.rows() == 2
    assert len(desk.inbox.query(registers.list_rows(registers.exclusion_file(desk.settings)))) == 2
    with pytest.raises(UserError, match="état voulu"):
        requests.withdraw(desk.settings, request_id, ANNE, why="encore")


def test_a_restriction_keeps_the_rows_and_uses_none(desk: Desk):
    request_id = desk.add("limitation")
    assert desk.rows() == 1 and desk.rows("droits_mensuels") == 1 and desk.stored() == 2
    desk.inbox.put("TZNR-01_personnes_2025-T3.csv", PERSONS.text("anne"))
    assert desk.inbox.run().counts == {"accepted": 1}
    assert desk.rows() == 1 and desk.stored() == 3
    requests.withdraw(desk.settings, request_id, ANNE, why="limitation levée")
    assert desk.rows() == 3


def test_an_erasure_waits_for_its_decision_and_removes_every_row(desk: Desk):
    request_id = desk.add("effacement")
    assert desk.status(request_id) == "à décider" and desk.rows() == 2
    with pytest.raises(UserError, match="état voulu"):
        requests.execute(desk.settings, request_id, ANNE, why="fait")
    requests.decide(desk.settings, request_id, accept=True, why="fondée")
    done = requests.execute(desk.settings, request_id, ANNE, why="fait")
    assert done.certificate and done.request.receipt_hash and desk.stored() == 1
    desk.inbox.put(FIRST, PERSONS.text("anne", "bruno"))
    desk.inbox.run()
    assert desk.stored() == 2 and desk.rows() == 1
    assert [reason for _, _, reason in desk.inbox.refusals()] == ["OBJECTION"]


def test_access_gives_every_row_to_the_desk_and_no_identifier(desk: Desk):
    desk.inbox.put("TZNR-01_personnes_2025-T2_v2.csv", PERSONS.text("anne", "bruno", bad={"nombre_enfants": "3"}))
    desk.inbox.run()
    file = requests.execute(desk.settings, desk.accept("acces"), ANNE, why="fait").file
    assert file.stat().st_mode & 0o077 == 0
    text = file.read_text()
    found = {table["table"]: table["lignes"] for table in json.loads(text)["tables"]}
    assert [(row["version"], row["en vigueur"]) for row in found["personnes"]] == [(1, False), (2, True)]
    assert {name: len(rows) for name, rows in found.items()} == {
        "personnes": 2, "droits": 1, "retours": 1, "droits_mensuels": 1, "rencontres": 0, "reponses": 0}
    assert found["droits_mensuels"][0]["données"]["Montant versé"] == 1646.52
    assert ANNE not in text and AnalysisKey.load(desk.settings).second_pass(ANNE) not in text
    requests.execute(desk.settings, desk.accept("effacement"), ANNE, why="fait")
    assert not file.exists()


def test_a_rectification_takes_the_former_version_out(desk: Desk):
    request_id = desk.accept("rectification")
    with pytest.raises(UserError, match="correction attendue"):
        requests.execute(desk.settings, request_id, ANNE, why="fait", delivery_id=99)
    desk.inbox.put("TZNR-01_personnes_2025-T2_v2.csv", PERSONS.text("bruno", "anne", bad={"nombre_enfants": "3"}))
    corrected = desk.inbox.run().deliveries[0].delivery_id
    assert desk.stored() == 4
    requests.execute(desk.settings, request_id, ANNE, why="fait", delivery_id=corrected)
    assert desk.stored() == 3 and desk.rows() == 2 and desk.status(request_id) == "exécutée"


def test_the_subject_must_be_that_of_the_request(desk: Desk):
    request_id = desk.accept("acces")
    with pytest.raises(UserError, match="n'est pas celle"):
        requests.execute(desk.settings, request_id, BRUNO, why="fait")
    with pytest.raises(UserError, match="n'est pas celle"):
        requests.withdraw(desk.settings, desk.add("opposition"), BRUNO, why="erreur de numéro")
    assert desk.rows() == 1
    with pytest.raises(UserError, match="identifiant d'échange") as told:
        desk.add("acces", subject="DURAND")
    assert "DURAND" not in str(told.value)
    assert not list((desk.settings.requests_dir / "copies").glob("*"))


def test_ledger_and_audit_log_are_chained_and_name_nobody(desk: Desk):
    desk.add("opposition")
    requests.decide(desk.settings, desk.add("effacement"), accept=False, why="obligation légale")
    path = ledger.ledger_file(desk.settings)
    told = path.read_text() + desk.settings.audit_file.read_text()
    assert ANNE not in told and AnalysisKey.load(desk.settings).second_pass(ANNE) not in told
    tokens = {request.subject_token for request in ledger.read(desk.settings)}
    assert len(tokens) == 1 and not tokens & {ANNE, AnalysisKey.load(desk.settings).second_pass(ANNE)}
    assert next(iter(tokens)) not in desk.settings.audit_file.read_text()
    acts = [json.loads(line) for line in desk.settings.audit_file.read_text().splitlines()]
    assert [act["action"] for act in acts if act["action"].startswith("request_")] == [
        "request_received", "request_executed", "request_received", "request_decided"]
    assert all(act["operator"] and act["why"] for act in acts) and audit.verify(desk.settings) == len(acts)
    path.write_text(path.read_text().replace('"refused"', '"accepted"', 1))
    with pytest.raises(UserError) as broken:
        ledger.read(desk.settings)
    assert broken.value.exit_code == ExitCode.STORAGE


@pytest.mark.parametrize("why", ["", "  ", "écrit par a.durand@exemple.fr", ANNE])
def test_a_reason_is_given_and_holds_no_personal_value(desk: Desk, why: str):
    request_id = desk.add("acces")
    with pytest.raises(UserError, match="motif"):
        requests.decide(desk.settings, request_id, accept=True, why=why)
    assert desk.status(request_id) == "à décider"


def test_deadlines(desk: Desk):
    day = desk.settings.today
    desk.add("acces", received=day - dt.timedelta(days=40))
    desk.add("effacement")
    desk.add("opposition", received=day - dt.timedelta(days=1))
    assert [(r.request_type_code, r.days_left(day) < 0) for r in ledger.deadlines(desk.settings)] == [
        ("acces", True), ("effacement", False)]
    assert ledger.due_date(dt.date(2026, 1, 31)) == dt.date(2026, 2, 28)
    assert ledger.due_date(dt.date(2026, 12, 15)) == dt.date(2027, 1, 15)
    with pytest.raises(UserError, match="inscrite"):
        desk.add("acces", received=day + dt.timedelta(days=1))


def test_an_opposition_whose_effect_was_cut_is_overdue_after_two_days(desk: Desk, monkeypatch):
    monkeypatch.setattr(requests, "_list", lambda *_: 1 / 0)
    with pytest.raises(Exception, match="ZeroDivisionError"):
        desk.add("opposition", received=desk.settings.today - dt.timedelta(days=3))
    waiting = ledger.deadlines(desk.settings)[0]
    assert (waiting.status, waiting.days_left(desk.settings.today)) == ("à exécuter", -1)
    monkeypatch.undo()
    requests.execute(desk.settings, waiting.request_id, ANNE, why="reprise après une coupure")
    assert desk.status(waiting.request_id) == "exécutée" and desk.rows() == 1


def test_no_key_no_ledger_and_never_a_second_key(desk: Desk):
    desk.add("acces")
    desk.settings.requests_key_file.unlink()
    with pytest.raises(UserError, match="absente"):
        desk.add("acces")
    ledger.ensure_key(desk.settings)
    assert not desk.settings.requests_key_file.exists()


def test_the_asset_shows_deadlines_and_turns_red_when_one_is_late(desk: Desk, dbt_manifest):
    import dagster as dg

    from tznr_platform.assets import privacy
    from tznr_platform.resources import Platform

    platform = Platform(options={"data_dir": str(desk.settings.root), "today": "2026-06-15"})

    def shown() -> tuple[bool, dict]:
        done = dg.materialize([privacy.requests], resources={"platform": platform})
        return (done.get_asset_check_evaluations()[0].passed,
                {name: value.value for name, value in done.asset_materializations_for_node(
                    "protection__requests")[0].metadata.items()})
    assert shown()[0] and shown()[1]["demandes"] == 0
    desk.add("acces", received=dt.date(2026, 5, 20))
    assert shown()[0] and "2026-0001 | Accès | 2026-05-20 | 2026-06-20 | 2026-06-20 | à décider | 5" in shown()[1][
        "echeances"]
    desk.add("effacement", received=dt.date(2026, 5, 2))
    passed, facts = shown()
    assert not passed and (facts["en_cours"], facts["en_retard"]) == (2, 1)
    assert not any(request.subject_token in facts["echeances"] for request in ledger.read(desk.settings))


def test_the_command_takes_the_person_from_a_file_and_never_shows_it(desk: Desk, tmp_path, monkeypatch):
    from click.testing import CliRunner

    from tznr_platform.cli import tznr

    monkeypatch.setenv("TZNR_DATA_DIR", str(desk.settings.root))
    monkeypatch.setenv("TZNR_TODAY", "2026-06-15")
    subject = tmp_path / "identifiant.txt"
    subject.write_text(ANNE + "\n")
    pseudonym = AnalysisKey.load(desk.settings).second_pass(ANNE)

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(tznr, ["requests", *arguments], input=ANNE)
        assert not done.exception, done.output
        assert ANNE not in done.output and pseudonym not in done.output
        return done.output
    assert "2026-0001 inscrite : opposition, exécutée" in run("add", "--type", "opposition", "--channel", "courriel",
                                                              "--subject", "-")
    assert "à décider" in run("add", "--type", "acces", "--channel", "courrier", "--subject", str(subject))
    assert "1 demande en cours" in run("list").replace("\u00a0", " ") and "retirée" not in run("list", "--all")
    run("decide", "2026-0002", "--accept", "--why", "identité vérifiée")
    assert "copies/2026-0002.json" in run("execute", "2026-0002", "--subject", "-", "--why", "remis")
    assert "retirée" in run("withdraw", "2026-0001", "--subject", str(subject), "--why", "demandé par la personne")
    refused = CliRunner().invoke(tznr, ["requests", "add", "--type", "acces", "--channel", "autre", "--subject", "-"],
                                 input=f"{ANNE}\n{BRUNO}\n")
    assert isinstance(refused.exception, UserError) and "une seule personne" in str(refused.exception)
