"""The end of the data, rehearsed on a faked day: everything closes, two people purge, a certificate stays."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.byte_scan import hits
from tests.integration.intake_files import MONTHS, PERSONS, RETURNS, RIGHTS, Inbox, identifier
from tests.integration.warehouse.builds import DBT, PROJECT, create_sources
from tznr_platform import intake, reporting
from tznr_platform.errors import PermanentError, UserError
from tznr_platform.privacy import certificates, erasure, purge, retention
from tznr_platform.privacy.pseudonym import AnalysisKey
from tznr_platform.settings import Settings
from tznr_platform.storage import audit, chain, clock, connect, lake, publish, registers, writer

AFTER = dt.date(2027, 6, 1)
SECOND = "analyste-2"


@pytest.fixture
def finished(inbox: Inbox) -> Inbox:
    """Two persons received, a set for the committee, a request in the ledger, a backup elsewhere."""
    (inbox.settings.root / "origin.json").write_text('{"origin": "synthetic"}')
    inbox.put("TZNR-01_personnes_2025-T1.csv", PERSONS.text("anne", "bruno"))
    inbox.put("TZNR-01_droits_2025-T1.csv", RIGHTS.text("anne", "bruno"))
    inbox.put("CNAF/CNAF_retours_2025-06.csv", RETURNS.text("anne"))
    inbox.put("CNAF/CNAF_droits_mensuels_2025-06.csv", MONTHS.text("anne"))
    inbox.run()
    with writer(inbox.settings) as con:
        con.execute("create schema marts; create table marts.mart_x as select 1 as n")
    publish(inbox.settings)
    lake.atomic_write_text(inbox.settings.reports_dir / "report.html", "agrégats")
    chain.append(inbox.settings.requests_dir / "ledger.jsonl",
                 {"request_id": "2026-0001", "request_type_code": "acces", "subject_token": "a" * 64}, "le registre")
    return inbox


def later(settings: Settings, day: dt.date = AFTER) -> Settings:
    return Settings(data_dir=settings.root, today=day, memory_limit="512MB", threads=1)


def secrets_of(inbox: Inbox) -> list[bytes]:
    """Identifiers, pseudonyms and the key: what must be nowhere after a purge."""
    key = AnalysisKey.load(inbox.settings)
    names = [identifier(name) for name in ("anne", "bruno")]
    return [value.encode() for value in (*names, *map(key.second_pass, names), key.secret.hex(), "a" * 64)]


def test_rehearsal_everything_closes_then_is_purged_by_two_and_certified(finished: Inbox, tmp_path: Path):
    copy = erasure.save(finished.settings, tmp_path / "copies")
    needles, settings = secrets_of(finished), later(finished.settings)
    assert hits(settings.root, needles)
    certificate = purge.purge(settings, why="fin du marché", second_operator=SECOND)
    assert hits(settings.root, needles) == [] and not copy.exists()
    left = {path.relative_to(settings.root).parts[0] for path in settings.root.rglob("*") if path.is_file()}
    assert left == {"reports", "audit", "certificates", "requests", "origin.json"}
    assert certificate.is_complete and set(certificate.keys) == {"k2.key"} and certificate.second_operator == SECOND
    (path,) = certificates.verified(settings)
    known = json.loads(path.read_text())
    assert {"travail", "journaux"} <= {fact["retention_code"] for fact in known["files"]}
    assert SECOND in path.with_suffix(".html").read_text()
    assert audit.verify(settings) >= 2
    (entry,) = chain.entries(settings.requests_dir / "registre_reduit.jsonl", purge.REDUCED_WHAT)
    assert entry["request_id"] == "2026-0001" and "subject_token" not in entry
    with pytest.raises(UserError, match="rien à purger"):
        purge.purge(settings, why="encore", second_operator=SECOND)


@pytest.mark.parametrize("opening", [
    lambda s: connect(None, settings=s),
    lambda s: connect(s.working_file, settings=s, read_only=True),
    lambda s: connect(s.published_file, settings=s, read_only=True),
    lambda s: writer(s).__enter__(),
    publish, intake.run, intake.scan,
    reporting.write_numbers,
    lambda s: erasure.save(s, s.root.parent / "copies"),
    lambda s: erasure.erase(s, ["0" * 64], why="demande"),
], ids=["memory", "working", "published", "writer", "publish", "intake", "scan", "numbers", "backup", "erase"])
def test_after_the_last_day_no_door_opens(finished: Inbox, opening):
    with pytest.raises(UserError, match="durée de conservation"):
        opening(later(finished.settings))


def test_dagster_opens_neither_dbt_nor_the_published_copy(finished: Inbox):
    from tznr_platform.resources import published_copy
    from tznr_platform.resources.dbt import dbt_resource

    options = {"data_dir": str(finished.settings.root), "today": AFTER.isoformat()}
    with pytest.raises(UserError, match="durée de conservation"):
        dbt_resource(**options).cli(["build"])
    with (pytest.raises(UserError, match="durée de conservation"),
          published_copy(finished.settings, **options).get_connection()):
        pass
    with published_copy(finished.settings, **options | {"today": "2027-05-31"}).get_connection() as con:
        assert con.execute("select n from marts.mart_x").fetchone() == (1,)


def test_dbt_started_by_hand_refuses_too(tmp_path: Path):
    settings = Settings(data_dir=tmp_path, memory_limit="512MB")
    create_sources(settings)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("TZNR_", "DBT_"))}
    done = subprocess.run(
        [str(DBT), "--no-use-colors", "run", "--select", "stg_deliveries", "--project-dir", str(PROJECT),
         "--profiles-dir", str(PROJECT)], cwd=tmp_path, capture_output=True, text=True, check=False,
        env={**clean, "DBT_TZNR_PATH": str(settings.working_file), "DBT_TZNR_TODAY": AFTER.isoformat(),
             "DBT_TARGET_PATH": str(tmp_path / "target"), "DBT_LOG_PATH": str(tmp_path / "logs")})
    assert done.returncode != 0 and "La durée de conservation" in done.stdout, done.stdout[-2000:]


def test_a_dry_run_touches_nothing_and_remembers_no_day(finished: Inbox):
    before = {path: path.read_bytes() for path in finished.settings.root.rglob("*") if path.is_file()}
    over = retention.over(later(finished.settings))
    assert {holding.retention_code for holding in over} >= {"travail", "journaux"}
    assert {path: path.read_bytes() for path in finished.settings.root.rglob("*") if path.is_file()} == before


def test_before_the_end_there_is_nothing_to_purge(finished: Inbox):
    with pytest.raises(UserError, match="rien à purger"):
        purge.purge(later(finished.settings, dt.date(2027, 5, 31)), why="trop tôt", second_operator=SECOND)


@pytest.mark.parametrize(("why", "second"), [("", SECOND), ("fin", ""), ("fin", None), ("fin", "a b")])
def test_a_purge_takes_two_people_and_a_reason(finished: Inbox, why: str, second: str | None):
    settings = later(finished.settings)
    with pytest.raises(UserError, match="à deux"):
        purge.purge(settings, why=why, second_operator=settings.operator if second is None else second)


def test_real_deliveries_are_never_purged_on_a_day_set_by_hand(finished: Inbox):
    (finished.settings.root / "origin.json").write_text('{"origin": "deliveries"}')
    with pytest.raises(UserError, match="horloge de la machine"):
        purge.purge(later(finished.settings), why="répétition", second_operator=SECOND)


def test_a_clock_that_went_back_blocks_the_purge(finished: Inbox):
    clock_file = finished.settings.clock_file
    clock_file.write_text(json.dumps({"last_seen_date": "2027-06-02"}))
    with pytest.raises(UserError, match="a reculé"):
        purge.purge(later(finished.settings), why="fin", second_operator=SECOND)


@pytest.mark.parametrize("step", ["_destroy", "_search", "_sweep"])
def test_a_purge_cut_anywhere_is_finished_by_the_same_command(finished: Inbox, monkeypatch, step: str):
    needles, settings = secrets_of(finished), later(finished.settings)
    with monkeypatch.context() as patch:
        patch.setattr(purge, step, lambda *_: (_ for _ in ()).throw(OSError("cut")))
        with pytest.raises(PermanentError):
            purge.purge(settings, why="fin du marché", second_operator=SECOND)
    certificate = purge.purge(settings, why="fin du marché", second_operator=SECOND)
    assert hits(settings.root, needles) == [] and set(certificate.keys) == {"k2.key"}
    assert certificates.verified(settings)


def test_a_pseudonym_where_it_should_not_be_stops_the_purge(finished: Inbox):
    leak = finished.settings.reports_dir / "fuite.html"
    leak.write_text(AnalysisKey.load(finished.settings).second_pass(identifier("anne")))
    with pytest.raises(UserError, match="fuite"):
        purge.purge(later(finished.settings), why="fin", second_operator=SECOND)
    assert not certificates.verified(finished.settings)
    leak.unlink()
    assert purge.purge(later(finished.settings), why="fin", second_operator=SECOND).is_complete


def test_the_committee_set_ends_six_months_after_its_release(finished: Inbox):
    package = finished.settings.releases_dir / "comite_2026.zip"
    lake.atomic_write_bytes(package, b"zip")
    assert {h.path: h.end_date for h in retention.holdings(finished.settings)}[package] == dt.date(2027, 11, 30)
    audit.append(later(finished.settings, dt.date(2026, 8, 31)), "release", package.name)
    assert {h.path: h.end_date for h in retention.holdings(finished.settings)}[package] == dt.date(2027, 2, 28)


def test_interviews_may_end_before_the_rest(finished: Inbox, monkeypatch):
    """The files of the table stay, empty, because the register names them; their originals go."""
    settings = finished.settings
    place = lake.accepted_file(settings, "entretiens", "EVAL", "2025", 99)
    with connect(None, settings=settings) as con:
        from tznr_platform.contracts import contract
        from tznr_platform.storage import schema

        schema.ensure_schema_file(con, contract("entretiens"), settings)
        everything = lake.quote(lake.schema_file(settings, "entretiens"))
        lake.write_parquet(con, f"from read_parquet({everything}) union all by name select 1 as line_number", place)
    ends = dict(clock.calendar()) | {"monographs_end": dt.date(2026, 12, 31)}
    monkeypatch.setattr(clock, "calendar", lambda: ends)
    clock.end_date.cache_clear()
    try:
        certificate = purge.purge(later(settings, dt.date(2027, 1, 1)), why="fin des monographies",
                                  second_operator=SECOND)
        assert not certificate.keys and settings.key_file.exists()
        assert finished.query(f"select count(*) from read_parquet({lake.quote(place)})") == [(0,)]
        assert finished.query(f"select count(*) from ({registers.persons(settings)})") == [(2,)]
        assert not settings.working_file.exists()
        with pytest.raises(UserError, match="rien à purger"):
            purge.purge(later(settings, dt.date(2027, 1, 1)), why="encore", second_operator=SECOND)
    finally:
        clock.end_date.cache_clear()


def test_what_no_rule_names_is_working_data(finished: Inbox):
    stray = finished.settings.root / "brouillon" / "notes.txt"
    lake.atomic_write_text(stray, "?")
    assert retention.class_of(finished.settings, stray) == "travail"
    assert retention.class_of(finished.settings, finished.settings.audit_file) == "preuves"


def test_the_state_of_the_classes_tells_the_days_left(finished: Inbox):
    found = {state.retention_code: state for state in retention.states(later(finished.settings, dt.date(2027, 5, 1)))}
    assert (found["travail"].days_left, found["travail"].over_count) == (30, 0)
    assert found["agregats"].days_left is None and found["agregats"].file_count >= 1


def test_the_asset_is_red_once_the_term_has_passed(finished: Inbox):
    import dagster as dg

    from tznr_platform.assets.privacy_retention import retention_clock
    from tznr_platform.resources import Platform

    for day, passed in (("2027-05-31", True), (AFTER.isoformat(), False)):
        platform = Platform(options={"data_dir": str(finished.settings.root), "today": day})
        done = dg.materialize([retention_clock], resources={"platform": platform})
        (check,) = done.get_asset_check_evaluations()
        assert done.success and check.passed is passed


def test_commands_tell_and_refuse(finished: Inbox, new_workspace):
    space = new_workspace(finished.settings.root.parent)
    assert "jusqu'au" in space.tznr("retention", "status").out
    assert "détruirait" in space.tznr("retention", "dry-run", "--files", TZNR_TODAY=AFTER.isoformat()).out
    refused = space.tznr("run", TZNR_TODAY=AFTER.isoformat())
    assert refused.code == 4 and "retention purge" in refused.err
    done = space.tznr("retention", "purge", "--why", "fin", "--second-operator", SECOND, TZNR_TODAY=AFTER.isoformat())
    assert done.code == 0, done.err
    assert "1 certificat" in space.tznr("retention", "certificate").out.replace("\u00a0", " ")
    assert space.tznr("audit", "verify").code == 0
