"""What every model of the dbt project must carry, read from its manifest."""

from __future__ import annotations

import re

import pytest

from tests.integration.warehouse.builds import Built
from tznr_platform.disclosure.registry import tables
from tznr_platform.storage import connect

LEDGERS = {"mart_programme_costs", "mart_transfers", "mart_avoided_costs"}
INDEX = "mart_indicators"  # repeats the counts of the other marts in one long form


@pytest.fixture
def models(empty_build: Built) -> list[dict]:
    return [node for node in empty_build.manifest["nodes"].values() if node["resource_type"] == "model"]


@pytest.fixture
def marts(models: list[dict]) -> list[dict]:
    return [model for model in models if model["schema"] == "marts"]


def _parents(node: dict) -> set[str]:
    return {name.rsplit(".", 1)[-1] for name in node["depends_on"]["nodes"]}


def test_every_model_opens_with_its_grain(models: list[dict]):
    assert not [model["name"] for model in models if not model["description"].startswith("Une ligne par ")]


def test_every_mart_has_an_owner_a_contract_and_a_grain_test(empty_build: Built, marts: list[dict]):
    tests = empty_build.manifest["nodes"].values()
    with_grain = {test["attached_node"] for test in tests
                  if test["resource_type"] == "test" and test["test_metadata"]["name"] == "grain"}
    bare = [mart["name"] for mart in marts
            if not (mart["contract"]["enforced"] and mart["group"] and mart["tags"] and mart["config"]["meta"]["owner"]
                    and mart["access"] == "public" and mart["unique_id"] in with_grain)]
    assert not bare


def test_every_column_of_a_mart_is_described_in_french(marts: list[dict]):
    assert not [f"{mart['name']}.{name}" for mart in marts for name, column in mart["columns"].items()
                if not column["description"].strip() or not column["data_type"]]


def test_column_names_follow_the_house(marts: list[dict]):
    suffixes = re.compile(r"(_id|_code|_label|_date|_month|_eur|_count|_share)$|^(is|has)_")
    others = {name for mart in marts for name in mart["columns"] if not suffixes.search(name)}
    assert others == {
        "start_wave", "median_opening_delay_days", "horizon_months", "duration_months", "gap_months", "months_before",
        "instrument_version",
        "score_mean", "score_sd", "paired_change_mean", "level_mean", "density", "reciprocity", "fiscal_year",
        "avoided_quantity", "drees_year", "caf_year", "registered_year", "table_name", "sender_kind", "published_value",
        "ingested_value", "median_request_delay_days", "median_decision_delay_days", "panel_change_mean",
        "observed_quantity", "counterfactual_quantity", "price_year", "reference_year", "publication_year", "numerator",
        "denominator", "value", "territory_total", "item_mean", "item_covariance"}


def test_every_mart_has_a_unit_test(empty_build: Built, marts: list[dict]):
    tested = {test["model"] for test in empty_build.manifest["unit_tests"].values()}
    assert {mart["name"] for mart in marts} <= tested
    assert {"int_benefit_month_latest", "int_entitlement_spell", "int_person_benefit", "stg_personnes"} <= tested


def test_the_three_ledgers_never_meet(empty_build: Built, models: list[dict]):
    """No model reads two ledgers (a report lists them side by side), the index of indicators reads none, and no two
    ledgers share an amount column.
    """
    assert not [model["name"] for model in models if len(_parents(model) & LEDGERS) > (model["name"] != INDEX)]
    amounts = [name for model in models if model["name"] in LEDGERS
               for name in model["columns"] if name.endswith("_eur")]
    assert len(amounts) == len(set(amounts)) == 10


def test_marts_are_the_end_of_the_line(models: list[dict]):
    """No stage reads a later one, no mart but the index reads another mart, none reads a raw delivery of a person."""
    rank = {"staging": 0, "intermediate": 1, "marts": 2}
    place = {model["name"]: rank[model["schema"]] for model in models}
    assert not [(model["name"], parent) for model in models for parent in _parents(model)
                if place.get(parent, -1) > place[model["name"]]
                or (place.get(parent, -1) == place[model["name"]] == 2 and model["name"] != INDEX)]
    assert not [mart["name"] for mart in models if mart["schema"] == "marts"
                for parent in mart["depends_on"]["nodes"] if parent.startswith("source.tznr.accepted")]


def test_exposures_say_who_reads_which_mart(empty_build: Built, marts: list[dict]):
    read = {exposure["name"]: _parents(exposure) for exposure in empty_build.manifest["exposures"].values()}
    reported = {table.mart for table in tables().values() if table.mart.startswith("mart_")}
    assert read["rapport_intermediaire"] == read["rapport_final"] == reported
    assert read["copie_publiee"] == {mart["name"] for mart in marts}


def test_failing_rows_are_never_stored(empty_build: Built):
    assert not [node["name"] for node in empty_build.manifest["nodes"].values()
                if node["resource_type"] == "test" and node["config"]["store_failures"]]


def test_no_total_depends_on_the_order_of_rows(empty_build: Built, models: list[dict]):
    """A sum is of whole numbers, or of decimals by the macros of totals; medians, minima and maxima need no order.

    `bit_xor` takes the place of `sum`: it accepts whole numbers only, so that DuckDB refuses any other sum.
    """
    other = re.compile(r"sum\(cast\(|\b(stddev|var_|variance)\w*\(")
    assert not [model["name"] for model in models if other.search(model["raw_code"])]
    with connect(empty_build.settings.working_file, settings=empty_build.settings, read_only=True) as con:
        for model in models:
            whole = re.sub(r"\b(sum|avg)\((?!cast\()", "bit_xor(", model["compiled_code"])
            con.execute(f"explain {whole}")
