"""Real public tables through the same door, among everything else that may lie in a folder."""

from __future__ import annotations

import duckdb
import pytest


@pytest.fixture(scope="module")
def open_data(shared_data, tmp_path_factory, new_workspace):
    space = new_workspace(tmp_path_factory.mktemp("ouvertes"))
    for job in ("ingest", "evaluate"):
        done = space.tznr("run", "--inbox", str(shared_data), "--job", job)
        assert done.code == 0, done.err[-3000:]
    return space


def test_every_file_of_the_folder_is_answered(open_data, shared_data):
    register = f"'{open_data.data}/lake/register/deliveries.parquet'"
    archive = "regexp_extract(file_name, '^(.*[.]zip)/', 1)"  # each member of an archive has its own answer
    alone, archives = duckdb.sql(f"select count(*) filter ({archive} = ''), count(distinct nullif({archive}, '')) "
                                 f"from {register}").fetchone()
    assert alone + archives == sum(path.is_file() for path in shared_data.rglob("*"))
    accepted = dict(duckdb.sql(f"select table_name, accepted_row_count from {register} "
                               "where status_code = 'accepted'").fetchall())
    assert accepted == {"caf_communes": 690, "caf_national": 20, "cnaf_national": 30, "communes": 37590,
                        "departements": 109, "filosofi": 137, "france_services": 2845,
                        "inscrits_france_travail": 240, "minima_departements": 11129, "minima_national": 94}
    unexplained = duckdb.sql(f"select count(*) from {register} where status_code = 'refused' and reason_code is null")
    assert unexplained.fetchone() == (0,)


def test_totals_are_those_the_sources_publish(open_data):
    with duckdb.connect(str(open_data.data / "warehouse" / "published.duckdb"), read_only=True) as con:
        totals = con.execute("select count(*), count(ingested_value), count(*) filter (is_within_tolerance) "
                             "from marts.mart_context_controls").fetchone()
    assert totals == (41, 41, 41)
