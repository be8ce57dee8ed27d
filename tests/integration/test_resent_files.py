"""Files that come again: one promotion, then a duplicate; judged anew when the lists of persons changed."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.integration.intake_files import MONTHS, PERSONS, RETURNS, RIGHTS, Inbox, identifier
from tznr_platform import intake
from tznr_platform.errors import ExitCode, UserError
from tznr_platform.privacy import exclusions, persons
from tznr_platform.privacy.pseudonym import AnalysisKey
from tznr_platform.storage import connect, load_accepted, registers, writer

NAME = "TZNR-01_personnes_2025-T2.csv"


@pytest.fixture
def landed(inbox: Inbox):
    """Rows that dbt sees of a table."""
    def count(table: str) -> int:
        with writer(inbox.settings) as con:
            load_accepted(con, inbox.settings)
            return con.execute(f"select count(*) from accepted.{table}").fetchone()[0]
    return count


def object_to(inbox: Inbox, person: str, act=exclusions.exclude) -> None:
    with connect(None, settings=inbox.settings) as con:
        persons.resolve(con, AnalysisKey.load(inbox.settings), f"select '{identifier(person)}' as p1")
        act(con, inbox.settings, "select pseudonym from keys")


def drop_again(inbox: Inbox, name: str) -> None:
    """The same bytes under the same name, at another time."""
    path = inbox.path / name
    content, before = path.read_bytes(), path.stat().st_mtime_ns
    path.write_bytes(content)
    os.utime(path, ns=(before + 10**9, before + 10**9))


def statuses(outcome: intake.IntakeOutcome) -> list[tuple]:
    return [(d.status_code, d.version, d.accepted_row_count) for d in outcome.deliveries]


@pytest.mark.parametrize("new_name", [NAME, "envoi-2/" + NAME])
def test_a_file_sent_again_after_an_objection_is_judged_again_and_the_person_stays_out(inbox: Inbox, landed, new_name):
    content = PERSONS.text("a", "b")
    inbox.put(NAME, content)
    inbox.run()
    object_to(inbox, "a")
    assert inbox.run().deliveries == () and landed("personnes") == 1
    inbox.put(new_name, content)
    drop_again(inbox, new_name)
    assert intake.scan(inbox.settings).counts()["pending"] == 1
    outcome = inbox.run()
    assert statuses(outcome) == [("partial", 1, 1)] and ("JUDGED_AGAIN", "") in outcome.deliveries[0].remarks
    assert inbox.refusals() == [(2, "identifiant", "OBJECTION")] and landed("personnes") == 1
    assert inbox.run().deliveries == ()
    stored = inbox.query("select count(*) from read_parquet("
                         f"'{inbox.settings.lake_dir}/accepted/personnes/**/d{outcome.deliveries[0].delivery_id}.parquet')")
    assert stored == [(1,)]


def test_a_withdrawn_objection_brings_the_person_back_with_the_next_file(inbox: Inbox, landed):
    object_to(inbox, "a")
    inbox.put(NAME, PERSONS.text("a"))
    assert statuses(inbox.run()) == [("refused", 1, 0)]
    object_to(inbox, "a", exclusions.lift)
    assert inbox.run().deliveries == ()
    drop_again(inbox, NAME)
    assert statuses(inbox.run()) == [("accepted", 1, 1)] and landed("personnes") == 1


def test_a_file_sent_again_under_the_same_list_is_a_duplicate(inbox: Inbox):
    inbox.put(NAME, PERSONS.text("a", "b", bad={"opposition": "oui"}))
    inbox.run()
    drop_again(inbox, NAME)
    assert inbox.run().deliveries == ()
    inbox.put("envoi-2/" + NAME, (inbox.path / NAME).read_bytes())
    again = inbox.run().deliveries
    assert [(d.status_code, d.remarks) for d in again] == [
        ("duplicate", (("DUPLICATE_DELIVERY", f"déjà reçu sous le nom « {NAME} »"),))]


def test_an_older_version_sent_again_never_replaces_the_one_in_force(inbox: Inbox, landed):
    inbox.put(NAME, PERSONS.text("a", "b", "c"))
    inbox.run()
    inbox.put("TZNR-01_personnes_2025-T2_v2.csv", PERSONS.text("a", "b"))
    inbox.run()
    object_to(inbox, "a")
    drop_again(inbox, NAME)
    assert statuses(inbox.run()) == [("duplicate", 1, 0)] and landed("personnes") == 1


def test_a_version_judged_again_keeps_its_number_so_that_the_next_one_still_fits(inbox: Inbox):
    inbox.put(NAME, PERSONS.text("a", "b"))
    inbox.run()
    for person in "yz":
        object_to(inbox, person)
        drop_again(inbox, NAME)
        assert statuses(inbox.run()) == [("accepted", 1, 2)]
    inbox.put("TZNR-01_personnes_2025-T2_v2.csv", PERSONS.text("a", "b", "c"))
    assert statuses(inbox.run()) == [("accepted", 2, 3)]


def test_returns_and_feeds_of_who_objected_stay_out(inbox: Inbox, landed):
    inbox.put(NAME, PERSONS.text("a", "b"))
    inbox.run()
    object_to(inbox, "a")
    inbox.put("CNAF_retours_2025-06.csv", RETURNS.text("a", "b"))
    inbox.put("CNAF_droits_mensuels_2025-06.csv", MONTHS.text("a", "b"))
    inbox.put("TZNR-01_droits_2025-T2.csv", RIGHTS.text("a", "b"))
    inbox.run()
    assert [landed(table) for table in ("retours", "droits_mensuels", "droits")] == [1, 1, 1]
    assert {reason for _, _, reason in inbox.refusals()} == {"OBJECTION"}


def test_r5_fifty_calls_for_one_file_make_one_promotion(inbox: Inbox):
    inbox.put(NAME, PERSONS.text("a", "b"))

    def call(_: int) -> int:
        try:
            return len(inbox.run().deliveries)
        except UserError as error:
            assert error.exit_code == ExitCode.BUSY
            return 0
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(call, range(50))) == 1
    letters = {path: path.read_bytes() for path in inbox.settings.receipts_dir.rglob("*.*")}
    assert inbox.query(f"select status_code, is_current from ({registers.deliveries(inbox.settings)})") == [
        ("accepted", True)]
    inbox.run()
    assert {path: path.read_bytes() for path in inbox.settings.receipts_dir.rglob("*.*")} == letters


def test_r5_two_files_at_once_of_the_same_bytes(inbox: Inbox, landed):
    for folder in ("matin", "soir"):
        inbox.put(f"{folder}/{NAME}", PERSONS.text("a", "b"))
    assert inbox.run().counts == {"accepted": 1, "duplicate": 1} and landed("personnes") == 2


def test_r6_a_corrected_old_month_takes_the_place_of_the_old_one_and_the_history_stays(inbox: Inbox):
    inbox.put(NAME, PERSONS.text("a", "b"))
    for month in ("05", "06"):
        inbox.put(f"CNAF_droits_mensuels_2025-{month}.csv",
                  MONTHS.text("a", bad={"date_extraction": f"2025-{month}-28"}))
    inbox.run()
    inbox.put("CNAF_droits_mensuels_2025-05_v2.csv", MONTHS.text("a", "b", bad={"date_extraction": "2025-05-28"}))
    inbox.run()
    found = inbox.query(f"select period, version, is_current from ({registers.deliveries(inbox.settings)}) "
                        "where table_name = 'droits_mensuels' order by all")
    assert found == [("2025-05", 1, False), ("2025-05", 2, True), ("2025-06", 1, True)]
    old = list((inbox.settings.lake_dir / "accepted" / "droits_mensuels").rglob("period=2025-05/d*.parquet"))
    assert len(old) == 2


def test_r5_fifty_ticks_ask_for_one_run_and_an_objection_for_another(inbox: Inbox, dbt_manifest):
    import dagster as dg

    from tznr_platform.orchestration.triggers import inbox_sensor
    from tznr_platform.resources import Platform

    inbox.put(NAME, PERSONS.text("a", "b"))
    platform = Platform(options={"data_dir": str(inbox.settings.root), "today": "2026-06-15"})

    def keys() -> set[str]:
        """Run keys of fifty ticks; the first one after a change only looks."""
        cursor, found = None, set()
        for _ in range(50):
            context = dg.build_sensor_context(cursor=cursor, resources={"platform": platform})
            asked = inbox_sensor(context)
            cursor = context.cursor
            found |= {asked.run_key} if isinstance(asked, dg.RunRequest) else set()
        return found
    before = keys()
    object_to(inbox, "a")
    after = keys()
    assert len(before) == len(after) == 1 and before != after
