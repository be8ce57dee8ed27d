"""What a build must make again: the fingerprint of every input, of every model and test, and what is in place.

Here: ``intake.inputs`` (what lies behind each source), ``intake.built`` (what dbt made from which inputs and code), the
plan of the next build. Not here: the loading of the inputs (``accepted``), the news of the feed (``feed``), how dbt is
run (``assets.warehouse``).

One rule for models and tests alike: a node is in place when its fingerprint is the one it was made with, that is its
own code, the project's macros, the versions of the tools and the fingerprints of all it reads. A view holds no row:
only the code and the columns of what it reads count. A source that nobody noted has none, so what reads it is always
made again. Both tables lie in the working file: without it, all is made.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb

from tznr_platform.storage import feed, lake

FEED = f"accepted.{feed.TABLE}"
DELIVERIES = "stg_deliveries"
TOOLS = ("dbt-core", "dbt-duckdb", "duckdb")
PASSED = {"success", "pass", "no-op"}
SHOWN_ONLY = {"docs", "meta", "tags", "group", "access"}
Fingerprints = Mapping[str, str | None]


@dataclass(frozen=True)
class Plan:
    """``in_place``: nodes left alone; ``merged``: models that only add what the feed brought; others are made whole.

    ``fingerprints``, parents first, are those of now; ``settled`` are the same without the feed: when these are those
    of last time, only the feed brought something. ``merging`` are the models that can be merged.
    """

    fingerprints: Fingerprints
    settled: Fingerprints
    merging: frozenset[str]
    in_place: frozenset[str]
    merged: frozenset[str]


def note_inputs(con: duckdb.DuckDBPyConnection, tables: Iterable[str], files: Mapping[str, Collection[Path]],
                of_persons: Collection[str], persons: str) -> None:
    """(Re)create ``intake.inputs``: tables by their rows, views by the name, size and time of their files.

    ``of_persons``: the views that show present persons only, whatever their files hold. ``persons``: SQL of all persons
    ever declared. Files name declared persons only: who is absent decides what shows, not who joined since.
    """
    noted = {table: _rows_digest(con, table) for table in tables}
    absent = _rows_digest(con, f"(select person_id from ({persons}) except from intake.present_persons)")
    noted |= {view: _digest([*map(lake.stamp, paths), absent if view in of_persons else ""])
              for view, paths in files.items()}
    con.execute("create or replace table intake.inputs (name varchar, fingerprint varchar)")
    con.execute("insert into intake.inputs select unnest($1::varchar[]), unnest($2::varchar[])",
                [list(noted), list(noted.values())])
    con.execute("create table if not exists intake.built (node_id varchar, fingerprint varchar, settled varchar)")


def plan(con: duckdb.DuckDBPyConnection, manifest: Mapping) -> Plan:
    """What the next build of the dbt project of ``manifest`` makes again, after ``load_accepted``."""
    nodes = {node_id: node for node_id, node in manifest["nodes"].items() if node["resource_type"] in ("model", "test")}
    inputs = _inputs(con, manifest["sources"])
    project = _project_digest(manifest)
    content = _fingerprints(nodes, project, inputs)
    columns = {source_id: _columns(source) for source_id, source in manifest["sources"].items()}
    forms = _fingerprints(nodes, project, columns)
    fingerprints = {node_id: forms[node_id] if nodes[node_id]["config"]["materialized"] == "view" else made
                    for node_id, made in content.items()}
    settled = _fingerprints(nodes, project, inputs, content)
    known = {node_id: told for node_id, *told in con.execute("from intake.built").fetchall()
             if node_id in nodes and (nodes[node_id]["resource_type"] == "test" or _is_there(con, nodes[node_id]))}
    in_place = frozenset(node_id for node_id, (made, _) in known.items() if made == fingerprints[node_id])
    merging = frozenset(node_id for node_id, node in nodes.items() if node["config"]["materialized"] == "incremental")
    merged = {node_id for node_id, (_, made) in known.items() if node_id in merging and made == settled[node_id]}
    return Plan(fingerprints, settled, merging, in_place,
                frozenset(merged - in_place if feed.only_gained(con) else ()))


def dbt_options(plan: Plan, manifest: Mapping) -> list[str]:
    """For dbt to leave alone what is in place, tests one by one: one that also reads something else is run."""
    left = " ".join(".".join(manifest["nodes"][node_id]["fqn"]) for node_id in sorted(plan.in_place))
    return ["--indirect-selection", "empty", "--exclude", left] if left else []


def record(con: duckdb.DuckDBPyConnection, plan: Plan, results: Iterable[Mapping]) -> None:
    """Note the nodes that dbt made (``run_results.json``); it forgot those it began itself (macro ``forget_selected``).

    The models that merge all hold the feed as it is now, or none of them is noted.
    """
    made = {result["unique_id"] for result in results if result["status"] in PASSED}
    made = {node_id for node_id in made if plan.fingerprints.get(node_id)}
    if plan.merging <= made | plan.in_place:
        feed.note_read(con)
    else:
        made -= plan.merging
        _forget(con, plan.merging)
    _forget(con, made)
    rows = [[node_id, plan.fingerprints[node_id], plan.settled[node_id]] for node_id in sorted(made)]
    con.execute("insert into intake.built select unnest($1::varchar[]), unnest($2::varchar[]), unnest($3::varchar[])",
                [[row[column] for row in rows] for column in range(3)])


def _forget(con: duckdb.DuckDBPyConnection, nodes: Collection[str]) -> None:
    con.execute("delete from intake.built where node_id in (select unnest($1::varchar[]))", [sorted(nodes)])


def _inputs(con: duckdb.DuckDBPyConnection, sources: Mapping[str, Mapping]) -> dict[str, str]:
    """By identifier of a noted source: what lies behind it and the columns it promises."""
    noted = dict(con.execute("from intake.inputs").fetchall())
    names = {source_id: f"{source['source_name']}.{source['name']}" for source_id, source in sources.items()}
    return {source_id: _digest([name, noted[name], _columns(sources[source_id])])
            for source_id, name in names.items() if name in noted}


def _fingerprints(nodes: Mapping[str, Mapping], project: str, inputs: Mapping[str, str],
                  whole: Fingerprints | None = None) -> Fingerprints:
    """By node. With ``whole``, those without the feed: what passes it on counts without, any other model counts whole.

    A view of rows sent joins them with their own deliveries only, which the source already counts: of the table of all
    deliveries, it counts the code.
    """
    found: dict[str, str | None] = {}
    graph = {node_id: [parent for parent in node["depends_on"]["nodes"] if parent in nodes]
             for node_id, node in nodes.items()}
    for node_id in TopologicalSorter(graph).static_order():
        parents = sorted(nodes[node_id]["depends_on"]["nodes"])
        reads_rows = any(_is_source(parent, "accepted.") for parent in parents)
        parts = [node_id, project, _code(nodes[node_id])]
        for parent in parents:
            if parent not in nodes:
                parts.append("feed" if whole and _is_source(parent, FEED) else inputs.get(parent))
            elif reads_rows and nodes[parent]["name"] == DELIVERIES:
                parts.append(_code(nodes[parent]))
            elif whole and not _passes_on(nodes[parent]["config"]):
                parts.append(whole[parent])
            else:
                parts.append(found[parent])
        found[node_id] = None if None in parts else _digest(parts)
    return found


def _passes_on(config: Mapping) -> bool:
    """What the feed gains adds rows to such a model, or is merged into it: what was there before is not made again."""
    return config["materialized"] in ("view", "incremental") or bool(config["meta"].get("is_by_delivery"))


def _is_source(node_id: str, beginning: str) -> bool:
    kind, _, name = node_id.split(".", 2)
    return kind == "source" and name.startswith(beginning)


def _is_there(con: duckdb.DuckDBPyConnection, node: Mapping) -> bool:
    return bool(con.execute("select 1 from information_schema.tables where table_schema = ? and table_name = ?",
                            [node["schema"], node["name"]]).fetchall())


def _code(node: Mapping) -> str:
    """What decides the content of a node besides its inputs: SQL, configuration, typed columns, arguments of a test."""
    config = {key: value for key, value in node["config"].items() if key not in SHOWN_ONLY}
    return _digest([node["raw_code"], json.dumps([config, node.get("test_metadata")], sort_keys=True), _columns(node)])


def _columns(node: Mapping) -> str:
    return json.dumps([[name, column.get("data_type"), column.get("constraints")]
                       for name, column in node["columns"].items()])


def _project_digest(manifest: Mapping) -> str:
    """Macros of the project and versions of the tools: what may change any node."""
    package = manifest["metadata"]["project_name"]
    macros = sorted(macro["macro_sql"] for macro in manifest["macros"].values() if macro["package_name"] == package)
    return _digest([*macros, *map(importlib.metadata.version, TOOLS)])


def _rows_digest(con: duckdb.DuckDBPyConnection, table: str) -> str:
    """Digest of the columns and rows of a table, or of a query in brackets, whatever their order."""
    rows = con.execute(f"select count(*), sum(hash(listed)::hugeint) from {table} as listed").fetchone()
    return _digest([repr(con.execute(f"describe from {table}").fetchall()), repr(rows)])


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
