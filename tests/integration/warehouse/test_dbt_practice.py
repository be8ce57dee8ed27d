"""The rules of dbt-project-evaluator, read from the manifest: the package needs a network and a database of its own.

Each rule lists what breaks it; what is allowed to is named beside its reason, and an allowance that serves no more is
a fault too. Source: dbt-labs/dbt-project-evaluator, categories modeling, testing, documentation, structure,
performance, governance.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cached_property
from pathlib import PurePosixPath

import pytest

from tests.integration.warehouse.builds import Built

FANOUT, JOINS, CHAINED_VIEWS, TEST_COVERAGE = 3, 7, 4, 1.0
PREFIXES = {"staging": "stg_", "intermediate": "int_", "marts": "mart_"}
TABLE_OF_A_SENDER = re.compile(r"\bfrom\s+(accepted|reference|intake|staging|intermediate|marts)\.", re.IGNORECASE)


class Project:
    """The manifest as a graph of short names."""

    def __init__(self, manifest: dict) -> None:
        self.manifest = manifest
        self.nodes = manifest["nodes"] | manifest["sources"] | manifest["exposures"]
        self.models = {node["name"]: node for node in manifest["nodes"].values() if node["resource_type"] == "model"}
        self.sources = {self.short(key): node for key, node in manifest["sources"].items()}

    def short(self, unique_id: str) -> str:
        node = self.nodes[unique_id]
        return f"{node['source_name']}.{node['name']}" if node["resource_type"] == "source" else node["name"]

    @cached_property
    def parents(self) -> dict[str, set[str]]:
        return {name: {self.short(parent) for parent in node["depends_on"]["nodes"]}
                for name, node in self.models.items()}

    @cached_property
    def children(self) -> dict[str, set[str]]:
        children: dict[str, set[str]] = defaultdict(set)
        for name, parents in self.parents.items():
            for parent in parents:
                children[parent].add(name)
        return children

    @cached_property
    def tests(self) -> dict[str, set[str]]:
        tests: dict[str, set[str]] = defaultdict(set)
        for node in self.manifest["nodes"].values():
            if node["resource_type"] == "test" and node["attached_node"]:
                tests[self.short(node["attached_node"])].add(node["test_metadata"]["name"])
        return tests

    def stage(self, name: str) -> str:
        return self.models[name]["schema"]

    def is_view(self, name: str) -> bool:
        return name in self.models and self.models[name]["config"]["materialized"] == "view"

    def views_above(self, name: str) -> int:
        """Length of the longest chain of views that ends with a model."""
        if not self.is_view(name):
            return 0
        return 1 + max((self.views_above(parent) for parent in self.parents[name]), default=0)


@pytest.fixture
def project(empty_build: Built) -> Project:
    return Project(empty_build.manifest)


def test_a_source_is_read_by_one_staging_model_only(project: Project):
    direct = {name for name in project.models if project.stage(name) != "staging"
              and any(parent in project.sources for parent in project.parents[name])}
    assert direct == ALLOWED["source read past staging"]
    assert {name for name in project.sources if len(project.children[name]) > 1} == ALLOWED["source fanout"]
    assert {name for name in project.models
            if len(project.parents[name] & set(project.sources)) > 1} == ALLOWED["several sources in one model"]


def test_every_source_is_read_and_every_model_has_a_parent(project: Project):
    unread = {name for name in project.sources if not project.children[name]}
    assert {name for name in unread if not name.startswith("reference.")} == ALLOWED["unread source"]
    assert not [name for name in project.models if not project.parents[name]]


def test_staging_reads_sources_and_the_register_of_deliveries(project: Project):
    assert not [name for name in project.models if project.stage(name) == "staging"
                and any(parent in project.models and parent not in ALLOWED["staging under staging"]
                        for parent in project.parents[name])]


def test_no_table_is_named_outside_the_graph(project: Project):
    assert not [name for name, node in project.models.items() if TABLE_OF_A_SENDER.search(node["raw_code"])]


def test_models_do_not_fan_out_into_leaves(project: Project):
    leaves = {name for name in project.models if not project.children[name]}
    assert {name for name in project.models
            if len(project.children[name] & leaves) > FANOUT} == ALLOWED["fan-out"]


def test_models_join_few_others_and_chain_few_views(project: Project):
    assert {name for name in project.models if len(project.parents[name]) >= JOINS} == ALLOWED["many parents"]
    assert not [name for name in project.models if project.views_above(name) > CHAINED_VIEWS]


def test_no_concept_is_joined_again_with_what_it_came_from(project: Project):
    """A model whose only child also reads its parent could be part of that child; materialised ones may stay."""
    again = {middle for middle, parents in project.parents.items() for child in project.children[middle]
             if len(project.children[middle]) == 1 and parents & project.parents[child] & set(project.models)
             and project.is_view(middle)}
    assert again == ALLOWED["joined again"]


def test_every_model_is_tested_and_its_key_too(project: Project):
    tested = {name for name in project.models if project.tests[name]}
    assert len(tested) >= TEST_COVERAGE * (len(project.models) - len(ALLOWED["key not tested"]))
    assert {name for name in project.models
            if not project.tests[name] & {"grain", "unique"}} == ALLOWED["key not tested"]


def test_every_model_and_source_is_documented(project: Project):
    assert not [name for name, node in (project.models | project.sources).items() if not node["description"].strip()]


def test_names_and_folders_tell_the_stage(project: Project):
    for name, node in project.models.items():
        assert name.startswith(PREFIXES[node["schema"]]), name
        assert PurePosixPath(node["original_file_path"]).parts[1] == node["schema"], name
        described = node["patch_path"].split("://")[1]
        assert PurePosixPath(described).parts[1] == node["schema"], name


def test_what_is_public_has_a_contract_and_reports_read_only_that(project: Project):
    public = {name for name, node in project.models.items() if node["access"] == "public"}
    assert public == {name for name in project.models if project.stage(name) == "marts"}
    for name in public:
        node = project.models[name]
        assert node["contract"]["enforced"] and node["config"]["materialized"] == "table", name
        assert all(column["description"] for column in node["columns"].values()), name
    for exposure in project.manifest["exposures"].values():
        assert {project.short(parent) for parent in exposure["depends_on"]["nodes"]} <= public


ALLOWED: dict[str, set[str]] = {
    # counts by reason, already aggregated before dbt: a staging view would only repeat them
    "source read past staging": {"mart_data_quality"},
    # the latest answer of a body, and every answer it gave, are two different facts; territories are senders too
    "source fanout": {"accepted.retours", "reference.territories"},
    # who may send is told by three reference lists; a ceiling is a factor on a legal amount of another list
    "several sources in one model": {"stg_deliveries", "stg_amount_ceilings"},
    # what the views of the accepted tables join; reference lists are one catalogue, loaded whole for the reader
    "unread source": {"intake.present_persons"},
    # the register says which rows are in force; the rows of the feed are flagged, then cleaned, over tens of millions
    "staging under staging": {"stg_deliveries", "stg_contradictions", "stg_droits_mensuels_recus"},
    # what was delivered, and the list of benefits, are told beside many figures
    "fan-out": {"stg_deliveries", "stg_benefits"},
    # open data side by side; the index of indicators and the share already known read one count each from many
    "many parents": {"int_context_value", "mart_indicators", "mart_reporting_delay"},
    "joined again": set(),
    # rows by the million: the door refused double keys within a file, a group-by or a first row makes the key here
    "key not tested": {"stg_droits_mensuels_recus", "stg_droits_mensuels", "int_vintage_month",
                       "int_benefit_month_latest", "stg_retours_recus", "stg_retours", "int_context_value",
                       # each person met, tested by int_person_contact, once a month of a range
                       "int_person_month"},
}
