"""From published marts to estimates: each asset calls one writer of the room ``estimation`` and shows aggregates."""

import dagster as dg
import pandas as pd

from tznr_platform.assets.effects import ACCESS
from tznr_platform.assets.presentation import OWNER, markdown_table, picture
from tznr_platform.assets.warehouse import PUBLISHED
from tznr_platform.disclosure import load_policy
from tznr_platform.estimation import outputs as estimates
from tznr_platform.estimation.change_outputs import write_changes
from tznr_platform.estimation.charts import png
from tznr_platform.estimation.cost_outputs import write_avoided_costs
from tznr_platform.estimation.network_outputs import write_networks
from tznr_platform.estimation.practice_outputs import write_practices
from tznr_platform.estimation.results import verdicts
from tznr_platform.estimation.retention_outputs import write_retention_months
from tznr_platform.estimation.scale_outputs import write_scales
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


@dg.asset(key=["estimates", "retention_months"], deps=[PUBLISHED], group_name="estimations", owners=[OWNER],
          kinds={"numpy", "parquet"}, pool="lake")
def retention_months(platform: Platform) -> dg.MaterializeResult:
    """Mois de droit conservés sur les douze premiers, par prestation, et écart entre aller-vers et autres contacts.

    Description : rien ne rend semblables les personnes rencontrées par l'un ou l'autre canal.
    """
    months, smallest = write_retention_months(platform.settings), load_policy().persons
    columns = {"benefit_code": "Prestation", "estimate_months": "Mois conservés", "low_months": "de",
               "high_months": "à"}
    return _shown(months, verdicts(months.kept(smallest), columns), months.plot(smallest))


@dg.asset(key=["estimates", "scales"], deps=[PUBLISHED], group_name="estimations", owners=[OWNER],
          kinds={"numpy", "parquet"}, pool="lake")
def scales(platform: Platform) -> dg.MaterializeResult:
    """Fiabilité des échelles à chaque vague, comparabilité des vagues, et moyennes qu'elles permettent de lire."""
    worth, smallest = write_scales(platform.settings), load_policy().persons
    columns = {"instrument_code": "Instrument", "instrument_version": "Version", "dimension_code": "Dimension",
               "first_wave_code": "De", "last_wave_code": "à", "reached_code": "Acquis"}
    pairs = worth.comparability_frame().drop_duplicates([*columns][:-1])
    return _shown(worth, verdicts(pairs[pairs["respondent_count"] >= smallest], columns), worth.plot(smallest))


@dg.asset(key=["estimates", "changes"], deps=[PUBLISHED], group_name="estimations", owners=[OWNER],
          kinds={"scikitlearn", "parquet"}, pool="lake")
def changes(platform: Platform) -> dg.MaterializeResult:
    """Évolution des scores des mêmes personnes, pondérée pour les perdus de vue, entre vagues comparables seulement.

    « Avant/après » : sans groupe de comparaison, aucune évolution n'est imputable au programme.
    """
    moved, smallest = write_changes(platform.settings), load_policy().persons
    columns = {"instrument_code": "Instrument", "instrument_version": "Version", "dimension_code": "Dimension",
               "wave_code": "Vague", "estimate": "Évolution", "low": "de", "high": "à", "tipping_delta": "Bascule"}
    frame = moved.to_frame()
    return _shown(moved, verdicts(frame[frame["paired_count"] >= smallest], columns), moved.plot(smallest))


@dg.asset(key=["estimates", "practices"], deps=[PUBLISHED], group_name="estimations", owners=[OWNER],
          kinds={"scikitlearn", "parquet"}, pool="lake")
def practices(platform: Platform) -> dg.MaterializeResult:
    """Évolution des pratiques des mêmes professionnels, pondérée pour ceux qui n'ont pas répondu de nouveau.

    « Avant/après » : sans groupe de comparaison, aucune évolution n'est imputable au programme.
    """
    moved, smallest = write_practices(platform.settings), load_policy().persons
    columns = {"practice_code": "Pratique", "wave_code": "Vague", "estimate": "Évolution", "low": "de", "high": "à",
               "tipping_delta": "Bascule"}
    frame = moved.to_frame()
    return _shown(moved, verdicts(frame[frame["paired_count"] >= smallest], columns), moved.plot(smallest))


@dg.asset(key=["estimates", "networks"], deps=[PUBLISHED], group_name="estimations", owners=[OWNER],
          kinds={"networkx", "parquet"}, pool="lake")
def networks(platform: Platform) -> dg.MaterializeResult:
    """Réseaux d'organisations : densité et ses bornes, réciprocité, groupes, acteurs centraux par type.

    Aucune organisation n'est nommée. Le lien avec l'accès est une association, par permutation, jamais un effet.
    """
    found = write_networks(platform.settings)
    columns = {"wave_code": "Vague", "tie_type_code": "Lien", "network_count": "Réseaux", "density": "Densité",
               "density_low": "au moins", "density_high": "au plus", "modularity": "Modularité"}
    return _shown(found, verdicts(found.summary, columns), found.plot())


@dg.asset(key=["estimates", "avoided_costs"], deps=[PUBLISHED, ACCESS], group_name="estimations", owners=[OWNER],
          kinds={"numpy", "parquet"}, pool="lake")
def avoided_costs(platform: Platform) -> dg.MaterializeResult:
    """Coûts évités par point de vue (10 000 tirages), coût par droit ouvert de plus ou « non défini », grille CHEERS.

    Les points de vue ne s'ajoutent pas ; les prestations ouvertes n'y entrent pas.
    """
    spared = write_avoided_costs(platform.settings)
    columns = {"perspective_label": "Point de vue", "net_mean_eur": "Solde (€)", "net_low_eur": "de",
               "net_high_eur": "à", "net_positive_probability": "Probabilité d'un solde positif"}
    return _shown(spared, verdicts(spared.to_frame(), columns), spared.plot())


def _shown(outcome, table: pd.DataFrame, chart) -> dg.MaterializeResult:
    """What every estimate shows: how many rows, how many could not be estimated, a picture, a table in French."""
    return dg.MaterializeResult(metadata={
        "dagster/row_count": len(outcome.to_frame()), "non_estimable": len(outcome.not_estimable),
        "graphique": picture(png(chart)), "table": markdown_table(table)})


ESTIMATES = [retention, retention_months, matches, scales, changes, practices, networks, avoided_costs]
