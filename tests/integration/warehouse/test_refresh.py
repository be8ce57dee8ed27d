"""A build that leaves alone or merges what it may gives the tables of a build of everything, row for row."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from tests.integration.intake_files import (
    MONTHS,
    PERSONS,
    RETURNS,
    RIGHTS,
    Inbox,
    Table,
    identifier,
    settings_in,
)
from tests.integration.warehouse.builds import run_dbt
from tznr_platform import contracts
from tznr_platform.privacy import ledger, requests
from tznr_platform.privacy.pseudonym import AnalysisKey
from tznr_platform.resources import MANIFEST_FILE
from tznr_platform.settings import Settings
from tznr_platform.storage import connect, load_accepted, refresh, writer

PEOPLE = ("anne", "bruno", "claire", "denis")
MERGING = {"int_vintage_row", "int_vintage_month", "int_vintage_change", "int_benefit_month_latest"}
pytestmark = pytest.mark.slow


class Lake:
    """A lake and its warehouse, built over what was there before."""

    def __init__(self, inbox: Inbox) -> None:
        self.inbox, self.settings = inbox, inbox.settings

    def put(self, files: Mapping[str, str]) -> None:
        for name, content in files.items():
            self.inbox.put(f"{name}.csv", content)
        assert self.inbox.run().refused_rows == 0

    def refresh(self) -> tuple[set[str], set[str]]:
        """Build over what is there: names of the models made whole, and of those merged."""
        return _build(self.settings)

    def is_as_built_from_nothing(self) -> bool:
        """Row for row. The second warehouse takes the place of the first, so that dbt has nothing to parse again."""
        refreshed, working = _tables(self.settings), self.settings.working_file
        kept = working.rename(working.with_suffix(".kept"))
        assert not _build(self.settings)[1]
        whole = _tables(self.settings)
        kept.replace(working)
        return refreshed == whole


def _build(settings: Settings) -> tuple[set[str], set[str]]:
    """What the asset ``dbt_build`` does, without the tests of dbt."""
    manifest, plan = _manifest(), _plan(settings)
    names = {node_id: manifest["nodes"][node_id]["name"] for node_id in plan.fingerprints}
    merged = {names[node_id] for node_id in plan.merged}
    built = run_dbt(settings, "run", *refresh.dbt_options(plan, manifest), merged=merged)
    assert built.code == 0, built.output[-4000:]
    with writer(settings) as con:
        refresh.record(con, plan, [{"unique_id": name, "status": status} for name, status in built.statuses.items()])
    return {names[node_id] for node_id in built.statuses if node_id in names} - merged, merged


def _tables(settings: Settings) -> dict[str, list[tuple]]:
    """Every table and view that dbt built, its rows in order."""
    with connect(settings.working_file, settings=settings, read_only=True) as con:
        names = con.execute("select table_schema || '.' || table_name from information_schema.tables "
                            "where table_schema in ('staging', 'intermediate', 'marts') order by 1").fetchall()
        return {name: con.execute(f"from {name} order by all").fetchall() for (name,) in names}


def _months(*months: str, extracted: str, paid: str = "500.10", people: tuple[str, ...] = PEOPLE) -> str:
    rows = [Table(MONTHS.row | {"mois_droit": month, "date_extraction": extracted, "montant_verse": paid,
                                "montant_du": paid}).text(*people) for month in months]
    return rows[0] + "".join(row.split("\n", 1)[1] for row in rows[1:])


@pytest.fixture(scope="module")
def lake(dbt_manifest: None, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    settings = settings_in(tmp_path_factory.mktemp("refresh") / "data")
    AnalysisKey.create(settings)
    ledger.ensure_key(settings)
    built = Lake(Inbox(settings))
    built.put({"TZNR-01_personnes_2025-T2": PERSONS.text(*PEOPLE), "TZNR-01_droits_2025-T2": RIGHTS.text(*PEOPLE),
               "CNAF_retours_2025-06": RETURNS.text(*PEOPLE)})
    built.put({"CNAF_droits_mensuels_2025-06": _months("2025-04", "2025-05", "2025-06", extracted="2025-06-28")})
    made, merged = built.refresh()
    assert made >= MERGING and not merged
    return built


def test_nothing_new_is_nothing_made(lake: Lake):
    plan = _plan(lake.settings)
    assert {node_id for node_id in plan.fingerprints if node_id.startswith("model.")} <= plan.in_place


def test_a_month_more_is_merged(lake: Lake):
    """A month revised, two told again as they were, a new one; and another body, never heard before."""
    months = _months("2025-05", "2025-06", "2025-07", extracted="2025-07-28", paid="9.07")
    lake.put({"CNAF_droits_mensuels_2025-07": months,
              "MSA_retours_2025-07": RETURNS.text("bruno"),
              "MSA_droits_mensuels_2025-07": _months("2025-06", "2025-07", extracted="2025-07-28", people=("bruno",))})
    made, merged = lake.refresh()
    assert merged == MERGING
    assert not {"stg_droits", "mart_scales", "mart_network"} & made
    assert lake.is_as_built_from_nothing()


def test_persons_more_leave_the_feed_as_it_is(lake: Lake):
    lake.put({"TZNR-02_personnes_2025-T3": PERSONS.text("denis", "elise")})
    made, _ = lake.refresh()
    assert "mart_coverage" in made and not {*MERGING, "mart_scales", "mart_referrals"} & made


def test_a_delivery_that_replaces_another_is_not_merged(lake: Lake):
    lake.put({"CNAF_droits_mensuels_2025-07_v2": _months("2025-06", "2025-07", extracted="2025-07-28", paid="700.33")})
    made, merged = lake.refresh()
    assert made >= MERGING and not merged
    assert lake.is_as_built_from_nothing()


def test_who_leaves_and_who_comes_back(lake: Lake):
    requests.add(lake.settings, "opposition", "courrier", identifier("anne"))
    limited = requests.add(lake.settings, "limitation", "courrier", identifier("bruno"))
    made, merged = lake.refresh()
    assert made >= MERGING | {"mart_referrals"} and not merged
    requests.withdraw(lake.settings, limited.request_id, identifier("bruno"), why="levée")
    assert not lake.refresh()[1]
    assert lake.is_as_built_from_nothing()


def test_another_list_of_reference(lake: Lake, monkeypatch: pytest.MonkeyPatch):
    """A ceiling of ten euros: every amount is out of scale."""
    as_is = contracts.reference
    monkeypatch.setattr(contracts, "reference", lambda name: [
        row | ({"ceiling_eur": "10"} if name == "amount_ceilings" else {}) for row in as_is(name)])
    plan = _plan(lake.settings)
    made = {name.rsplit(".", 1)[-1] for name in plan.fingerprints.keys() - plan.in_place}
    assert made >= MERGING and not plan.merged


def test_other_code(lake: Lake):
    """Of a model: what it makes and what follows; of a macro: everything. A description changes nothing."""
    manifest = _manifest()
    with writer(lake.settings) as con:
        load_accepted(con, lake.settings)
        before = refresh.plan(con, manifest)
        described = _with(manifest, "nodes", "model.tznr.int_vintage_month", description="autrement")
        assert refresh.plan(con, described).in_place == before.in_place
        recoded = _with(manifest, "nodes", "model.tznr.int_vintage_month", raw_code="select 1")
        lost = before.in_place - refresh.plan(con, recoded).in_place
        assert {"model.tznr.int_vintage_month", "model.tznr.mart_access"} <= lost
        assert "model.tznr.int_vintage_row" not in lost
        macro = _with(manifest, "macros", "macro.tznr.month_of", macro_sql="{% macro month_of(date) %}{% endmacro %}")
        assert not refresh.plan(con, macro).in_place


def test_what_merges_reads_the_feed(lake: Lake):
    models = {node["name"]: node for node in _manifest()["nodes"].values()
              if node["resource_type"] == "model"}
    assert {name for name, node in models.items() if node["config"]["materialized"] == "incremental"} == MERGING


def test_rows_sent_are_joined_with_their_own_deliveries(lake: Lake):
    """What lets the fingerprint of such a model ignore the deliveries of other tables."""
    for node in _manifest()["nodes"].values():
        parents = node["depends_on"]["nodes"]
        if "model.tznr.stg_deliveries" in parents and any(name.startswith("source.tznr.accepted") for name in parents):
            assert ("deliveries.delivery_id = sent.delivery_id" in node["raw_code"]
                    or "latest_delivery(" in node["raw_code"]), node["name"]


def test_an_erasure_leaves_nothing_in_place(lake: Lake):
    request = requests.add(lake.settings, "effacement", "courrier", identifier("claire"))
    requests.decide(lake.settings, request.request_id, accept=True, why="fondée")
    requests.execute(lake.settings, request.request_id, identifier("claire"), why="fondée")
    assert not _plan(lake.settings).in_place


def _manifest() -> Mapping:
    return json.loads(MANIFEST_FILE.read_text())


def _plan(settings: Settings) -> refresh.Plan:
    with writer(settings) as con:
        load_accepted(con, settings)
        return refresh.plan(con, _manifest())


def _with(manifest: Mapping, kind: str, name: str, **changes: str) -> Mapping:
    return {**manifest, kind: {**manifest[kind], name: {**manifest[kind][name], **changes}}}
