"""The rival, last part: reference lists, then the compiled SQL of dbt in order of dependency, nothing else of dbt."""

from __future__ import annotations

import json
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb

from tznr_platform import contracts
from tznr_platform.storage.lake import quote


def load_references(con: duckdb.DuckDBPyConnection) -> None:
    """The lists of the contracts, all text."""
    folder = Path(contracts.__file__).parent / "reference"
    for name in contracts.reference_names():
        con.execute(f"create table reference.{name} as "
                    f"from read_csv({quote(folder / f'{name}.csv')}, all_varchar = true, delim = ',', header = true)")


def build_models(con: duckdb.DuckDBPyConnection, manifest: Path) -> None:
    """Views and tables of every model of a compiled manifest."""
    nodes = {name: node for name, node in json.loads(manifest.read_text())["nodes"].items()
             if node["resource_type"] == "model"}
    for schema in sorted({node["schema"] for node in nodes.values()}):
        con.execute(f"create schema if not exists {schema}")
    graph = {name: [parent for parent in node["depends_on"]["nodes"] if parent in nodes]
             for name, node in nodes.items()}
    for name in TopologicalSorter(graph).static_order():
        node = nodes[name]
        kind = "view" if node["config"]["materialized"] == "view" else "table"
        con.execute(f"create {kind} {node['schema']}.{node['name']} as "
                    f"{node['compiled_code']}")
