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
    return con.execute(f"select pseudonym, reason_code from ({relation}) order by all").fetchall()


def one(pseudonym):
    return f"select '{pseudonym}' as pseudonym"


def test_an_empty_list_excludes_nobody(con, settings):
    assert listed(con, registers.exclusions(settings)) == listed(con, registers.restrictions(settings)) == []
    assert exclusions.version(con, settings) == 0


def test_who_is_there_is_not_added_again(con, settings):
    assert [exclusions.exclude(con, settings, one(A)) for _ in range(2)] == [1, 0]
    assert exclusions.version(con, settings) == 1 and listed(con, registers.exclusions(settings)) == [(A, "OBJECTION")]


def test_a_withdrawn_objection_is_a_new_row_and_the_old_one_stays(con, settings):
    exclusions.exclude(con, settings, f"{one(A)} union all {one(B)}")
    assert [exclusions.lift(con, settings, one(A)) for _ in range(2)] == [1, 0]
    assert listed(con, registers.exclusions(settings)) == [(B, "OBJECTION")]
    assert exclusions.version(con, settings) == 3
    columns = con.execute(f"describe from read_parquet('{registers.exclusion_file(settings)}')").fetchall()
    assert {row[0]: row[1] for row in columns} == registers.LISTED
    exclusions.exclude(con, settings, one(A))
    assert [row[0] for row in listed(con, registers.exclusions(settings))] == [A, B]


def test_a_withdrawn_objection_does_not_bring_back_an_erased_person(con, settings):
    exclusions.exclude(con, settings, one(A))
    exclusions.exclude(con, settings, one(A), reason=exclusions.ERASURE)
    exclusions.lift(con, settings, one(A))
    assert listed(con, registers.exclusions(settings)) == [(A, "ERASURE")]


def test_restriction_is_another_list(con, settings):
    exclusions.restrict(con, settings, one(A))
    assert listed(con, registers.exclusions(settings)) == [] and exclusions.version(con, settings) == 0
    assert listed(con, registers.restrictions(settings)) == [(A, "RESTRICTION")]
    exclusions.lift(con, settings, one(A), reason=exclusions.RESTRICTION)
    assert listed(con, registers.restrictions(settings)) == []


def test_the_lists_are_their_owners_only(con, settings):
    exclusions.exclude(con, settings, one(A))
    assert registers.exclusion_file(settings).stat().st_mode & 0o077 == 0
    assert settings.requests_dir.stat().st_mode & 0o077 == 0


def test_the_list_of_an_older_data_directory_still_counts(con, settings):
    former = settings.lake_dir / "identity" / "exclusion.parquet"
    lake.write_parquet(con, f"select '{A}' as pseudonym, date '2026-01-01' as since_date, 'OBJECTION' as reason_code",
                       former)
    assert listed(con, registers.exclusions(settings)) == [(A, "OBJECTION")]
    exclusions.exclude(con, settings, one(B))
    former.unlink()
    assert [row[0] for row in listed(con, registers.exclusions(settings))] == [A, B]
