"""The lists of persons to leave out: append-only, the latest word counts, a version that grows with every change."""

import datetime as dt

import pytest

from tznr_platform.privacy import exclusions
from tznr_platform.settings import Settings
from tznr_platform.storage import connect, lake, registers

A, B = "a" * 64, "b" * 64


@pytest.fixture
def settings(tmp_path):
    return Settings(data_dir=tmp_path, today=dt.date(2026, 6, 15))


@pytest.fixture
def con(settings):
    with connect(None, settings=settings) as con:
        yield con


def listed(con, relation):
    return con.execute(f"select pseudonym, reason_code, request_id from ({relation}) order by all").fetchall()


def one(pseudonym):
    return f"select '{pseudonym}' as pseudonym"


def test_an_empty_list_excludes_nobody(con, settings):
    assert listed(con, registers.exclusions(settings)) == listed(con, registers.restrictions(settings)) == []
    assert exclusions.version(con, settings) == 0


def test_a_file_that_says_it_again_adds_nothing_a_request_does(con, settings):
    assert [exclusions.exclude(con, settings, one(A)) for _ in range(2)] == [1, 0]
    assert exclusions.exclude(con, settings, one(A), request_id="2026-0001") == 1
    assert exclusions.version(con, settings) == 2
    assert listed(con, registers.exclusions(settings)) == [(A, "OBJECTION", "2026-0001")]


def test_a_withdrawn_objection_is_a_new_row_and_the_old_one_stays(con, settings):
    exclusions.exclude(con, settings, one(A))
    exclusions.exclude(con, settings, one(A), request_id="2026-0001")
    exclusions.exclude(con, settings, one(B), request_id="2026-0002")
    assert exclusions.lift(con, settings, "2026-0001") == 1
    assert listed(con, registers.exclusions(settings)) == [(B, "OBJECTION", "2026-0002")]
    assert exclusions.version(con, settings) == 4
    exclusions.exclude(con, settings, one(A))
    assert [row[0] for row in listed(con, registers.exclusions(settings))] == [A, B]


def test_a_withdrawn_objection_does_not_bring_back_an_erased_person(con, settings):
    exclusions.exclude(con, settings, one(A), request_id="2026-0001")
    exclusions.exclude(con, settings, one(A), reason=exclusions.ERASURE, request_id="2026-0002")
    exclusions.lift(con, settings, "2026-0001")
    assert listed(con, registers.exclusions(settings)) == [(A, "ERASURE", "2026-0002")]


def test_restriction_is_another_list(con, settings):
    exclusions.restrict(con, settings, one(A), request_id="2026-0001")
    assert listed(con, registers.exclusions(settings)) == [] and exclusions.version(con, settings) == 0
    assert listed(con, registers.restrictions(settings)) == [(A, "RESTRICTION", "2026-0001")]
    exclusions.lift(con, settings, "2026-0001")
    assert listed(con, registers.restrictions(settings)) == []


def test_the_lists_are_their_owners_only(con, settings):
    exclusions.exclude(con, settings, one(A))
    assert registers.exclusion_file(settings).stat().st_mode & 0o077 == 0
    assert settings.requests_dir.stat().st_mode & 0o077 == 0


def test_the_list_of_an_older_data_directory_still_counts(con, settings):
    former = settings.lake_dir / "identity" / "exclusion.parquet"
    lake.write_parquet(con, f"select '{A}' as pseudonym, date '2026-01-01' as since_date, 'OBJECTION' as reason_code",
                       former)
    assert listed(con, registers.exclusions(settings)) == [(A, "OBJECTION", None)]
    exclusions.exclude(con, settings, one(B))
    former.unlink()
    assert [row[0] for row in listed(con, registers.exclusions(settings))] == [A, B]
