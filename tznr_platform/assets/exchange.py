"""Lists sent to the benefit bodies: asked for by hand, one body at a time, part of no job."""

import dagster as dg

from tznr_platform.assets.presentation import OWNER, PROGRESS
from tznr_platform.assets.reception import accepted_key
from tznr_platform.contracts import senders
from tznr_platform.release.lists import list_out
from tznr_platform.resources import Platform

LIST_OUT = dg.AssetKey(["exchange", "list_out"])
BODIES = dg.StaticPartitionsDefinition([sender.code for sender in senders().values() if sender.kind == "body"])


@dg.asset(key=LIST_OUT, deps=[accepted_key("personnes")], partitions_def=BODIES, group_name="protection",
          owners=[OWNER], kinds={"csv"}, pool="lake")
def list_to_body(context: dg.AssetExecutionContext, platform: Platform) -> dg.MaterializeResult:
    """Liste à envoyer à un organisme : identifiant d'échange et territoire, sans les personnes opposées ou limitées.

    Le fichier reste dans la zone d'échange ; il s'envoie par le canal sécurisé, puis se détruit.
    """
    sent = list_out(platform.settings, context.partition_key, why="demandée dans l'interface")
    PROGRESS.info(f"Liste {sent.list_id} : {sent.person_count} personnes")
    return dg.MaterializeResult(metadata={
        "dagster/row_count": sent.row_count, "personnes": sent.person_count, "sans_identifiant": sent.missing_count,
        "fichier": dg.MetadataValue.path(str(sent.path))})


EXCHANGE = [list_to_body]
