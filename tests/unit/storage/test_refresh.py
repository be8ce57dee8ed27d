"""What a build leaves in place, on a project of four nodes: no dbt, no data."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb
import pytest

from tznr_platform.settings import Settings
from tznr_platform.storage import feed, lake, refresh, writer

MODELS = {"view": ("view", ["source.t.accepted.droits_mensuels"]), "state": ("incremental", ["model.t.view"]),
          "other": ("incremental", ["model.t.view"]), "mart": ("table", ["model.t.state", "source.t.reference.list"])}


def node(name: str, materialized: str, parents: list[str], kind: str = "model") -> dict:
    return {"name": name, "resource_type": kind, "schema": "s", "fqn": ["t", name], "raw_code": f"select {name}",
            "config": {"materialized": materialized, "meta": {}}, "columns": {}, "depends_on": {"nodes": list(parents)}}


def manifest() -> Mapping:
    nodes = {f"model.t.{name}": node(name, *rest) for name, rest in MODELS.items()}
    nodes["test.t.grain"] = node("grain", "test", ["model.t.mart"], "test")
    sources = {f"source.t.{name}": {"source_name": name.split(".")[0], "name": name.split(".")[1], "columns": {}}
               for name in ("accepted.droits_mensuels", "reference.list")}
    return {"nodes": nodes, "sources": sources, "macros": {}, "metadata": {"project_name": "t"}}


class Place:
    """A working file with the inputs, as ``load_accepted`` leaves them, and tables as dbt does."""

    def __init__(self, con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
        self.con, self.settings = con, settings
        con.execute("create schema s; create schema intake; create schema reference")
        con.execute("create table intake.deliveries (delivery_id integer, table_name varchar, period_month date, "
                    "version integer); create table reference.list (code varchar)")
        con.execute("create table declared as select unnest([1, 2]) as person_id")
        con.execute("create table intake.present_persons as select 1 as person_id")
        for name, (materialized, _) in MODELS.items():
            con.execute(f"create {'view' if materialized == 'view' else 'table'} s.{name} as select 1 as one")
        self.files: list[Path] = []
        self.deliver(1, "2025-01-01")

    def deliver(self, delivery_id: int, month: str) -> None:
        path = self.settings.root / f"d{delivery_id}.parquet"
        lake.write_parquet(self.con, "select 1 as person_id", path)
        self.con.execute("insert into intake.deliveries values (?, 'droits_mensuels', ?, 1)", [delivery_id, month])
        self.files.append(path)

    def plan(self, told: Mapping | None = None) -> refresh.Plan:
        refresh.note_inputs(self.con, ["reference.list", "intake.present_persons"],
                            {refresh.FEED: self.files}, {refresh.FEED}, "from declared")
        feed.note_news(self.con, self.files, "from declared")
        return refresh.plan(self.con, told or manifest())

    def build(self, *failing: str) -> refresh.Plan:
        """As dbt: what it selects is forgotten, then made or not."""
        plan = self.plan()
        made = plan.fingerprints.keys() - plan.in_place
        self.con.execute("delete from intake.built where node_id in (select unnest($1::varchar[]))", [sorted(made)])
        refresh.record(self.con, plan, [{"unique_id": name, "status": "error" if name in failing else "success"}
                                        for name in made])
        return self.plan()


@pytest.fixture
def place(tmp_path: Path):
    settings = Settings(data_dir=tmp_path)
    with writer(settings) as con:
        yield Place(con, settings)


def names(nodes: frozenset[str]) -> set[str]:
    return {name.split(".")[-1] for name in nodes}


def test_first_nothing_then_everything_is_in_place(place: Place):
    assert not place.plan().in_place
    assert names(place.build().in_place) == {*MODELS, "grain"}


def test_a_delivery_after_the_others_is_merged(place: Place):
    place.build()
    place.deliver(2, "2025-02-01")
    plan = place.plan()
    assert names(plan.merged) == {"state", "other"} and names(plan.in_place) == {"view"}
    assert place.con.execute("select delivery_rank from intake.feed_news").fetchall() == [(2,)]


@pytest.mark.parametrize("change", [
    "insert into intake.deliveries values (9, 'droits_mensuels', '2024-12-01', 1)",
    "delete from intake.present_persons", "insert into intake.present_persons values (2)"])
def test_a_rank_that_moves_a_person_who_leaves_or_comes_back_is_not(place: Place, change: str):
    place.build()
    place.con.execute(change)
    place.deliver(2, "2025-02-01")
    assert not place.plan().merged


def test_a_file_written_again_is_not_merged(place: Place):
    place.build()
    lake.write_parquet(place.con, "select 1 as person_id union all select 1", place.files[0])
    plan = place.plan()
    assert not plan.merged and names(plan.in_place) == {"view"}


def test_who_joins_changes_no_file_that_was_there(place: Place):
    place.build()
    place.con.execute("insert into declared values (3); insert into intake.present_persons values (3)")
    assert names(place.plan().in_place) == {*MODELS, "grain"}
    place.con.execute("delete from intake.present_persons where person_id = 1")
    assert names(place.plan().in_place) == {"view"}


def test_a_list_changes_what_reads_it(place: Place):
    place.build()
    place.con.execute("insert into reference.list values ('a')")
    assert names(place.plan().in_place) == {"view", "state", "other"}


def test_a_table_that_is_gone_is_made_again(place: Place):
    place.build()
    place.con.execute("drop table s.mart")
    assert "model.t.mart" not in place.plan().in_place


def test_a_view_is_made_again_by_its_code_and_that_of_what_it_reads(place: Place):
    place.build()
    told = manifest()
    told["nodes"]["model.t.view"]["raw_code"] = "select 2"
    assert "model.t.view" not in place.plan(told).in_place
    told = manifest()
    told["sources"]["source.t.accepted.droits_mensuels"]["columns"] = {"one": {"data_type": "INTEGER"}}
    assert "model.t.view" not in place.plan(told).in_place


def test_a_source_nobody_noted_is_never_in_place(place: Place):
    told = manifest()
    told["nodes"]["model.t.mart"]["depends_on"]["nodes"].append("source.t.elsewhere.table")
    place.build()
    assert place.plan(told).fingerprints["model.t.mart"] is None
    assert names(place.plan(told).in_place) == {"view", "state", "other"}


def test_what_failed_is_made_again_and_what_merges_all_together(place: Place):
    assert names(place.build("test.t.grain").in_place) == set(MODELS)
    place.deliver(2, "2025-02-01")
    plan = place.build("model.t.other")
    assert not {"state", "other"} & (names(plan.in_place) | names(plan.merged))
