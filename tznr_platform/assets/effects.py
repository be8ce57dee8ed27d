"""Effects of the programme, from the working warehouse to the lake: heavy estimates, in a job of their own."""

import dagster as dg

from tznr_platform.assets.presentation import OWNER, PROGRESS, markdown_table, picture
from tznr_platform.assets.warehouse import PUBLISHED
from tznr_platform.disclosure import load_policy
from tznr_platform.estimation.access import write_access
from tznr_platform.estimation.charts import png
from tznr_platform.estimation.results import verdicts
from tznr_platform.estimation.territory_outputs import write_territories
from tznr_platform.resources import Platform

ACCESS = dg.AssetKey(["estimates", "access"])


@dg.asset(key=ACCESS, deps=[PUBLISHED], group_name="effets", owners=[OWNER], kinds={"numpy", "parquet"}, pool="lake")
def access(platform: Platform) -> dg.MaterializeResult:
    """Effet de la première rencontre sur l'ouverture des droits : essais mensuels emboîtés, sous leur étiquette.

    « Causal » pour les seules rencontres décidées par le territoire ; « associatif » au guichet. Chaque effet est écrit
    avec ses diagnostics ; celui de trop peu de personnes n'est ni tracé ni montré.
    """
    outcome, smallest = write_access(platform.settings), load_policy().persons
    PROGRESS.info(f"Effets sur l'accès : {outcome.estimated_count} estimés sur {len(outcome.frame)}")
    return dg.MaterializeResult(metadata={
        "dagster/row_count": len(outcome.frame), "non_estimables": outcome.not_estimable_count,
        "protocole": outcome.design.sha256, "ecarts_au_protocole": len(outcome.deviations),
        "ecarts": dg.MetadataValue.md("\n".join(f"- {one}" for one in outcome.deviations)),
        "graphique": picture(png(outcome.plot(smallest))), "effets": markdown_table(outcome.told(smallest))})


@dg.asset(key=["estimates", "territories"], deps=[PUBLISHED], group_name="effets", owners=[OWNER],
          kinds={"numpy", "parquet"}, pool="lake")
def territories(platform: Platform) -> dg.MaterializeResult:
    """Effet sur le recours du territoire : plus petit effet détectable, plus grand possible, et « non identifiable ».

    Les zones de comparaison sont figées avant lecture d'un mois postérieur à 2023. Aucun coefficient n'est écrit quand
    l'effet possible ne pourrait pas être vu.
    """
    outcome = write_territories(platform.settings)
    columns = {"benefit_code": "Prestation", "horizon_months": "Mois", "label": "Étiquette",
               "minimum_effect": "Détectable", "maximum_effect": "Possible", "estimate": "Effet"}
    return dg.MaterializeResult(metadata={
        "dagster/row_count": len(outcome.frame), "estimes": outcome.estimated_count,
        "graphique": picture(png(outcome.plot())), "effets": markdown_table(verdicts(outcome.frame, columns))})


EFFECTS = [access, territories]
