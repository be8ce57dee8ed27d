"""The warehouse: dbt models on the one working file, their gate, and the published copy that readers open."""

import contextlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence

import dagster as dg
from dagster_dbt import dbt_assets
from dagster_duckdb import DuckDBResource

from quality import gate
from tznr_platform.assets.presentation import CRITERIA_CHECK, OWNER, PROGRESS, gate_check, gate_metadata, markdown_table
from tznr_platform.assets.translator import Translator
from tznr_platform.errors import PermanentError
from tznr_platform.resources import MANIFEST_FILE, Dbt, Platform
from tznr_platform.settings import tell_merged
from tznr_platform.storage import refresh
from tznr_platform.storage import warehouse as store

MARTS_GATE = dg.AssetKey(["gates", "gate_marts"])
PUBLISHED = dg.AssetKey(["published"])


@dbt_assets(manifest=MANIFEST_FILE, dagster_dbt_translator=Translator(), name="dbt_build", pool="duckdb")
def dbt_models(context: dg.AssetExecutionContext, dbt: Dbt, platform: Platform) -> Iterator:
    """Construit les modèles dbt dont une entrée ou le code a changé et passe leurs tests."""
    manifest = json.loads(MANIFEST_FILE.read_text())
    with store.writer(platform.settings) as con:
        store.load_accepted(con, platform.settings)
        # a selection made by hand is made whole and noted nowhere: what it reads may not be up to date
        plan = None if context.is_subset else refresh.plan(con, manifest)
    PROGRESS.info(_announced(plan))
    events, results = _run(context, dbt, plan, manifest)
    rows = _noted(platform, plan, results)
    counted = [_with_row_count(event, rows) for event in events]
    yield from _in_order(counted, plan, manifest, rows) if plan else counted
    if failed := [result["unique_id"] for result in results if result["status"] in {"error", "fail"}]:
        raise PermanentError(f"dbt build failed: {', '.join(failed)}")


def _noted(platform: Platform, plan: refresh.Plan | None, results: Sequence[Mapping]) -> dict[str, int]:
    """Note what dbt made; rows of each table."""
    with store.writer(platform.settings) as con:
        if plan:
            refresh.record(con, plan, results)
        return store.row_counts(con)


def _run(context: dg.AssetExecutionContext, dbt: Dbt, plan: refresh.Plan | None,
         manifest: Mapping) -> tuple[list, list]:
    """Events of dbt for Dagster, and what it says of each node. ``PermanentError`` when it stopped before any."""
    if plan and plan.in_place == plan.fingerprints.keys():
        return [], []
    tell_merged(manifest["nodes"][node_id]["name"] for node_id in (plan.merged if plan else ()))
    left = refresh.dbt_options(plan, manifest) if plan else []
    invocation = dbt.cli(["build", "--exclude-resource-type", "unit_test", *left], context=context,
                         raise_on_error=False)
    with contextlib.redirect_stdout(io.StringIO()):
        events = list(invocation.stream())
    results = invocation.get_artifact("run_results.json")["results"]
    if not invocation.is_successful() and all(result["status"] in refresh.PASSED for result in results):
        raise PermanentError("dbt build failed")
    return events, results


def _announced(plan: refresh.Plan | None) -> str:
    left = f" ; {len(plan.in_place)} restent en place" if plan and plan.in_place else ""
    return f"Entrepôt : construction et tests des modèles dbt{left}…"


def _in_order(events: Sequence, plan: refresh.Plan, manifest: Mapping, rows: Mapping[str, int]) -> Iterator:
    """What dbt made and what is in place, parents first as Dagster asks: what follows may go on from both.

    A test in place passed on these very rows; its result is told again, so that what it blocks stays gated.
    """
    made = {_model(event): event for event in events if isinstance(event, dg.Output)}
    checks = {spec.name: spec for spec in dbt_models.check_specs}
    told = []
    for node_id in plan.fingerprints:
        node, unchanged = manifest["nodes"][node_id], {"état": "inchangé, laissé en place"}
        if node["name"] in made:
            yield made[node["name"]]
        elif node_id in plan.in_place and node["resource_type"] == "model":
            counted = {"dagster/row_count": rows[node["name"]]} if node["name"] in rows else {}
            yield dg.MaterializeResult(asset_key=[node["schema"], node["name"]], metadata=unchanged | counted)
        elif node_id in plan.in_place and (spec := checks.get(node["name"])):
            told.append(dg.AssetCheckResult(passed=True, check_name=spec.name, asset_key=spec.asset_key,
                                            metadata=unchanged))
    yield from told
    yield from (event for event in events if not isinstance(event, dg.Output))


def _model(output: dg.Output) -> str:
    return str(output.metadata["unique_id"].value).rsplit(".", 1)[-1]


def _with_row_count(event: object, rows: Mapping[str, int]) -> object:
    if not isinstance(event, dg.Output) or _model(event) not in rows:
        return event
    return event.with_metadata({**event.metadata, "dagster/row_count": rows[_model(event)]})


def mart_keys() -> list[dg.AssetKey]:
    """Keys of every mart."""
    return [key for key in dbt_models.keys if key.path[0] == "marts"]


@dg.asset(key=MARTS_GATE, deps=mart_keys(), group_name="indicateurs", owners=[OWNER], kinds={"greatexpectations"},
          pool="duckdb", check_specs=[dg.AssetCheckSpec(CRITERIA_CHECK, asset=MARTS_GATE, blocking=True)])
def marts_gate(platform: Platform) -> dg.MaterializeResult:
    """Porte 2 : les indicateurs sont-ils publiables ? Critères et seuils dans `quality/criteria.yml`."""
    outcome = gate.evaluate("marts", platform.settings)
    PROGRESS.info(f"Porte « indicateurs » : {outcome.sentence}")
    return dg.MaterializeResult(metadata=gate_metadata(outcome), check_results=[gate_check(outcome)])


@dg.asset(key=PUBLISHED, deps=[MARTS_GATE], group_name="indicateurs", owners=[OWNER], kinds={"duckdb"}, pool="duckdb")
def published(platform: Platform, published_copy: DuckDBResource) -> dg.MaterializeResult:
    """Copie publiée de l'entrepôt : indicateurs agrégés seulement, remplacée d'un bloc, ouverte en lecture seule."""
    gate.require("marts", platform.settings)
    path = store.publish(platform.settings)
    with published_copy.get_connection() as con:
        coverage = con.execute("select territory_code, person_count, contact_count, match_share, quarantine_share "
                               "from marts.mart_coverage order by territory_code").df()
        rows = store.row_counts(con)
    return dg.MaterializeResult(metadata={"couverture": markdown_table(coverage.round(3)), "chemin": str(path),
                                          "tables": len(rows), "lignes": sum(rows.values())})


WAREHOUSE = [dbt_models, marts_gate, published]
