"""Theoretical entitlements: computed from the accepted descriptions before the warehouse is built."""

import dagster as dg

from tznr_platform import entitlements
from tznr_platform.assets.presentation import OWNER, PROGRESS, markdown_table
from tznr_platform.assets.reception import PERSONS, accepted_key
from tznr_platform.resources import Platform


@dg.asset(key=["entitlements", "theoretical"], deps=[accepted_key(PERSONS)], group_name="preparation", owners=[OWNER],
          kinds={"python", "parquet"}, pool="lake")
def theoretical(platform: Platform) -> dg.MaterializeResult:
    """Droits théoriques (OpenFisca-France) par description de foyer : certain, possible, certainement pas, inconnu.

    Sans aucun revenu transmis, le droit est un intervalle entre des hypothèses (liste « entitlement_hypotheses »).
    Seuls les foyers types qui n'ont jamais été calculés le sont ; personne n'est nommé.
    """
    PROGRESS.info("Droits théoriques : calcul des foyers types nouveaux…")
    outcome = entitlements.write_theoretical(platform.settings)
    return dg.MaterializeResult(metadata={
        "dagster/row_count": outcome.row_count, "descriptions": outcome.description_count,
        "foyers_types": outcome.case_count, "foyers_types_calcules": outcome.computed_count,
        "par_prestation": markdown_table(outcome.by_benefit)})
