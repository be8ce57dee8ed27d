"""Integers of persons never change, and are the same when the lake is built again."""

import hashlib

import pytest

from tznr_platform.privacy import persons
from tznr_platform.privacy.pseudonym import AnalysisKey
from tznr_platform.settings import Settings
from tznr_platform.storage import connect, registers

KEY = AnalysisKey("K2-1", bytes(32))


def p1(name):
    return hashlib.sha256(name.encode()).hexdigest()


def declare(con, settings, *names):
    values = ", ".join(f"('{p1(name)}')" for name in names)
    persons.resolve(con, KEY, f"select p1 from (values {values}) v(p1)")
    persons.declare(con, KEY, settings, "select pseudonym from keys")
    known = f"select p1, person_id from keys join ({registers.persons(settings)}) using (pseudonym)"
    return dict(con.execute(known).fetchall())


@pytest.fixture
def settings(tmp_path):
    return Settings(data_dir=tmp_path)


@pytest.fixture
def con(settings):
    with connect(None, settings=settings) as con:
        yield con


def test_integers_are_kept_and_follow_on(con, settings):
    first = declare(con, settings, "a", "b", "c")
    second = declare(con, settings, "c", "d", "a")
    assert sorted(first.values()) == [1, 2, 3]
    assert second[p1("a")] == first[p1("a")] and second[p1("d")] == 4


def test_a_rebuild_gives_the_same_integers(con, settings, tmp_path):
    other = Settings(data_dir=tmp_path / "other")
    assert declare(con, settings, "a", "b", "c") == declare(con, other, "c", "b", "a")


def test_what_is_not_an_identifier_has_no_pseudonym(con):
    persons.resolve(con, KEY, f"select unnest(['x', '', '{p1('a')[:-1]}', ' {p1('a').upper()} ']) as p1")
    assert con.execute("select count(*), count(pseudonym) from keys").fetchone() == (4, 1)
