"""From published marts to estimates: each asset calls one writer of the room ``estimation`` and shows aggregates."""

import dagster as dg

from tznr_platform.assets.presentation import OWNER, markdown_table, picture
from tznr_platform.assets.warehouse import PUBLISHED
from tznr_platform.disclosure import load_policy
from tznr_platform.estimation import outputs as estimates
from tznr_platform.resources import Platform

RETENTION = dg.AssetKey(["estimates", "retention"])
MATCH_RATES = dg.AssetKey(["estimates", "match_rates"])


@dg.asset(key=RETENTION, deps=[PUBLISHED], group_name="estimations", owners=[OWNER], kinds={"numpy", "parquet"},
          pool="lake")
def retention(platform: Platform) -> dg.MaterializeResult:
    """Maintien des droits : incidence cumulée des sorties (Aalen-Johansen, sorties concurrentes), par prestation."""
    outcome = estimates.write_retention(platform.settings)
    return dg.MaterializeResult(metadata={
        "dagster/row_count": len(outcome.frame), "courbe": picture(outcome.plot_png()),
        "non_estimable": outcome.not_estimable_count})


@dg.asset(key=MATCH_RATES, deps=[PUBLISHED], group_name="estimations", owners=[OWNER], kinds={"numpy", "parquet"},
          pool="lake")
def matches(platform: Platform) -> dg.MaterializeResult:
    """Taux d'appariement par territoire, organisme et date de naissance par défaut, avec leur intervalle à 95 %.

    « Introuvable » ne veut jamais dire « sans droit ». Une case de trop peu de personnes n'est ni tracée ni montrée.
    """
    rates, smallest = estimates.write_match_rates(platform.settings), load_policy().persons
    return dg.MaterializeResult(metadata={
        "dagster/row_count": len(rates.frame), "sans_reponse": rates.silent_count,
        "graphique": picture(rates.plot_png(smallest)), "france": markdown_table(rates.summary(smallest))})


ESTIMATES = [retention, matches]
