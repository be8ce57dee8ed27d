"""Protection of persons, seen from the interface: the requests that wait and the days left to answer them."""

import datetime as dt

import dagster as dg
import pandas as pd

from tznr_platform.assets.presentation import OWNER, PROGRESS, markdown_table
from tznr_platform.privacy import ledger
from tznr_platform.resources import Platform

REQUESTS = dg.AssetKey(["protection", "requests"])
DEADLINE_CHECK = "echeances"


@dg.asset(key=REQUESTS, group_name="protection", owners=[OWNER], kinds={"json"}, pool="lake",
          check_specs=[dg.AssetCheckSpec(DEADLINE_CHECK, asset=REQUESTS)])
def requests(platform: Platform) -> dg.MaterializeResult:
    """Demandes des personnes (opposition, accès, rectification, effacement, limitation) et leurs échéances.

    Un mois pour répondre (RGPD, article 12), 48 heures que nous nous imposons pour une opposition. Le contrôle est
    rouge dès qu'une demande est en retard. Rien ici ne désigne une personne ; on agit par la commande `tznr requests`.
    """
    settings = platform.settings
    found, waiting = ledger.read(settings), ledger.deadlines(settings)
    late = sum(request.days_left(settings.today) < 0 for request in waiting)
    PROGRESS.info(f"Demandes des personnes : {len(waiting)} en cours, {late} en retard")
    return dg.MaterializeResult(
        metadata={"echeances": markdown_table(_table(waiting, settings.today)), "demandes": len(found),
                  "en_cours": len(waiting), "en_retard": late},
        check_results=[dg.AssetCheckResult(check_name=DEADLINE_CHECK, passed=not late, metadata={"en_retard": late})])


def _table(waiting: list[ledger.Request], today: dt.date) -> pd.DataFrame:
    """One row a request that waits; neither token nor operator."""
    columns = ["demande", "type", "reçue le", "échéance légale", "à faire avant le", "état", "jours restants"]
    return pd.DataFrame([(request.request_id, ledger.TYPES[request.request_type_code], request.received_date,
                          request.due_date, request.limit_date, request.status, request.days_left(today))
                         for request in waiting], columns=columns)

