"""Reception: the inbox, then one asset a table. A refused delivery is a success whose result is a receipt."""

import time
from collections.abc import Sequence

import dagster as dg

from tznr_platform import intake
from tznr_platform.contracts import Contract, contracts
from tznr_platform.assets.partitions import feed_months
from tznr_platform.resources import Platform

OWNER = "team:evaluation"
INBOX = dg.AssetKey(["inbox"])
PERSONS = "personnes"


def accepted_key(table: str) -> dg.AssetKey:
    """Asset key of an accepted table: the Parquet folder and the dbt source bear the same name."""
    return dg.AssetKey(["accepted", table])


def reception_assets() -> Sequence[dg.AssetsDefinition]:
    """The inbox asset and one asset for each contract."""
    return [inbox, *(_table_asset(contract) for contract in contracts().values())]


@dg.asset(key=INBOX, group_name="reception", owners=[OWNER], kinds={"csv", "excel"}, pool="lake")
def inbox(context: dg.AssetExecutionContext, platform: Platform) -> dg.MaterializeResult:
    """Boîte de réception : chaque fichier est identifié (émetteur, table, période, version, empreinte).

    Un fichier que rien ne permet d'identifier reçoit un accusé qui dit pourquoi ; il n'arrête personne d'autre.
    """
    scan = intake.scan(platform.settings)
    counts = scan.counts()
    context.log.info(f"Réception : {sum(counts.values())} fichiers "
                     f"({counts.get('pending', 0)} nouveaux, {counts.get('known', 0)} déjà traités)")
    return dg.MaterializeResult(metadata={f"fichiers_{status}": number for status, number in counts.items()})


def _table_asset(contract: Contract) -> dg.AssetsDefinition:
    monthly = contract.sender_kind == "body"
    needs_persons = contract.person_field and contract.name != PERSONS

    @dg.asset(key=accepted_key(contract.name), deps=[INBOX, *([accepted_key(PERSONS)] if needs_persons else [])],
              group_name="reception", owners=[OWNER], kinds={"parquet"}, pool="lake",
              description=f"{contract.title}. {contract.description}",
              partitions_def=feed_months() if monthly else None,
              backfill_policy=dg.BackfillPolicy.single_run() if monthly else None,
              metadata={"emetteurs": contract.sender_kind, "cadence": contract.cadence})
    def accepted(context: dg.AssetExecutionContext, platform: Platform) -> dg.MaterializeResult:
        months = set(context.partition_keys) if monthly else None
        start = time.monotonic()
        outcome = intake.run(platform.settings, tables=[contract.name], months=months)
        if outcome.deliveries:
            context.log.info(f"  {contract.name} : {len(outcome.deliveries)} livraisons, "
                             f"{outcome.accepted_rows} lignes acceptées, {outcome.refused_rows} refusées")
        return dg.MaterializeResult(metadata={
            "dagster/row_count": outcome.table_rows, "livraisons": len(outcome.deliveries),
            "lignes_acceptees": outcome.accepted_rows, "lignes_refusees": outcome.refused_rows,
            "duree_s": round(time.monotonic() - start, 2)})

    return accepted
