"""The warehouse: dbt models on the one working file, their gate, and the published copy that readers open."""

import contextlib
import io
from collections.abc import Iterator, Mapping

import dagster as dg
from dagster_dbt import DbtCliInvocation, dbt_assets
from dagster_duckdb import DuckDBResource

from quality import gate
from tznr_platform.assets.presentation import CRITERIA_CHECK, OWNER, PROGRESS, gate_check, gate_metadata, markdown_table
from tznr_platform.assets.translator import Translator
from tznr_platform.errors import PermanentError
from tznr_platform.resources import MANIFEST_FILE, Dbt, Platform
from tznr_platform.storage import warehouse as store

MARTS_GATE = dg.AssetKey(["gates", "gate_marts"])
PUBLISHED = dg.AssetKey(["published"])


@dbt_assets(manifest=MANIFEST_FILE, dagster_dbt_translator=Translator(), name="dbt_build", pool="duckdb")
def dbt_models(context: dg.AssetExecutionContext, dbt: Dbt, platform: Platform) -> Iterator:
    """Construit les modèles dbt (préparation, calculs, indicateurs) et passe leurs tests."""
    with store.writer(platform.settings) as con:
        store.load_accepted(con, platform.settings)
    PROGRESS.info("Entrepôt : construction et tests des modèles dbt…")
    invocation = dbt.cli(["build", "--exclude-resource-type", "unit_test"], context=context, raise_on_error=False)
    with contextlib.redirect_stdout(io.StringIO()):
        events = list(invocation.stream())
    with store.writer(platform.settings) as con:
        rows = store.row_counts(con)
    yield from (_with_row_count(event, rows) for event in events)
    if not invocation.is_successful():
        raise PermanentError(f"dbt build failed: {', '.join(_failed_nodes(invocation))}")


def _failed_nodes(invocation: DbtCliInvocation) -> list[str]:
    results = invocation.get_artifact("run_results.json")["results"]
    return [result["unique_id"] for result in results if result["status"] in {"error", "fail"}]


def _with_row_count(event: object, rows: Mapping[str, int]) -> object:
    name = str(event.metadata["unique_id"].value).rsplit(".", 1)[-1] if isinstance(event, dg.Output) else None
    if name not in rows:
        return event
    return event.with_metadata({**event.metadata, "dagster/row_count": rows[name]})


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
