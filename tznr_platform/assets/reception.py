"""Reception: the inbox, then one asset a table. A refused delivery is a success whose result is a receipt.

The tables of one kind of sender are one step, so that the inbox is looked at once; each stays selectable by itself.
"""

import time
from collections.abc import Iterator, Sequence

import dagster as dg

from quality import gate
from tznr_platform import intake
from tznr_platform.assets.partitions import feed_months
from tznr_platform.assets.presentation import CRITERIA_CHECK, OWNER, PROGRESS, gate_check, gate_metadata
from tznr_platform.contracts import Contract, contracts
from tznr_platform.resources import Platform

INBOX = dg.AssetKey(["inbox"])
INTAKE_GATE = dg.AssetKey(["gates", "gate_intake"])
PERSONS = "personnes"
BODY = "body"


def accepted_key(table: str) -> dg.AssetKey:
    """Asset key of an accepted table: the Parquet folder and the dbt source bear the same name."""
    return dg.AssetKey(["accepted", table])


def reception_assets() -> Sequence[dg.AssetsDefinition]:
    """The inbox, the tables that come when they can, and the monthly feeds of the benefit bodies."""
    feeds = [contract for contract in contracts().values() if contract.sender_kind == BODY]
    others = [contract for contract in contracts().values() if contract.sender_kind != BODY]
    return [inbox, _reception("reception_livraisons", others), _reception("reception_flux", feeds, feed_months()),
            intake_gate]


@dg.asset(key=INBOX, group_name="reception", owners=[OWNER], kinds={"csv", "excel"}, pool="lake")
def inbox(platform: Platform) -> dg.MaterializeResult:
    """Boîte de réception : chaque fichier est identifié (émetteur, table, période, version, empreinte).

    Un fichier que rien ne permet d'identifier reçoit un accusé qui dit pourquoi ; il n'arrête personne d'autre.
    """
    counts = intake.scan(platform.settings).counts()
    PROGRESS.info(f"Réception : {sum(counts.values())} fichiers dans la boîte, {counts.get('known', 0)} déjà traités")
    return dg.MaterializeResult(metadata={f"fichiers_{status}": number for status, number in counts.items()})


@dg.asset(key=INTAKE_GATE, deps=[accepted_key(name) for name in contracts()], group_name="reception", owners=[OWNER],
          kinds={"greatexpectations"}, pool="lake",
          check_specs=[dg.AssetCheckSpec(CRITERIA_CHECK, asset=INTAKE_GATE)])
def intake_gate(platform: Platform) -> dg.MaterializeResult:
    """Porte 1 : la réception dans son ensemble (livraisons refusées, quarantaine). Elle avertit et n'arrête personne.

    Un fichier en défaut a déjà reçu son accusé ; les portes des rapports appliquent les mêmes critères.
    """
    outcome = gate.evaluate("intake", platform.settings)
    PROGRESS.info(f"Porte « réception » : {outcome.sentence}")
    return dg.MaterializeResult(metadata=gate_metadata(outcome), check_results=[gate_check(outcome)])


def _reception(name: str, tables: list[Contract], months: dg.MonthlyPartitionsDefinition | None = None):
    @dg.multi_asset(name=name, specs=[_spec(contract, months) for contract in tables], can_subset=True, pool="lake",
                    backfill_policy=dg.BackfillPolicy.single_run() if months else None)
    def receive(context: dg.AssetExecutionContext, platform: Platform) -> Iterator[dg.MaterializeResult]:
        wanted = [c.name for c in tables if accepted_key(c.name) in context.selected_asset_keys]
        start = time.monotonic()
        outcome = intake.run(platform.settings, tables=wanted, months=set(context.partition_keys) if months else None,
                             progress=PROGRESS.info)
        seconds = round(time.monotonic() - start, 2)
        for table in wanted:
            yield dg.MaterializeResult(asset_key=accepted_key(table), metadata=_facts(outcome, table, seconds))

    return receive


def _spec(contract: Contract, months: dg.MonthlyPartitionsDefinition | None) -> dg.AssetSpec:
    needs_persons = contract.person_field and contract.name != PERSONS
    return dg.AssetSpec(accepted_key(contract.name), deps=[INBOX, *([accepted_key(PERSONS)] if needs_persons else [])],
                        group_name="reception", owners=[OWNER], kinds={"parquet"}, partitions_def=months,
                        description=f"{contract.title}. {contract.description}",
                        metadata={"emetteurs": contract.sender_kind, "cadence": contract.cadence})


def _facts(outcome: intake.IntakeOutcome, table: str, seconds: float) -> dict[str, int | float]:
    new = [delivery for delivery in outcome.deliveries if delivery.table_name == table]
    return {"dagster/row_count": outcome.table_rows[table], "livraisons_nouvelles": len(new),
            "lignes_acceptees": sum(delivery.accepted_row_count for delivery in new),
            "lignes_refusees": sum(delivery.refused_row_count for delivery in new), "duree_etape_s": seconds}
