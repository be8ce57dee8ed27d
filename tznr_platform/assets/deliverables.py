"""From published marts and estimates to what leaves: disclosed numbers, report gates, reports, packages."""

from collections.abc import Iterator

import dagster as dg

from quality import gate
from tznr_platform import reporting
from tznr_platform.assets.effects import EFFECTS
from tznr_platform.assets.estimates import ESTIMATES
from tznr_platform.assets.presentation import (
    CRITERIA_CHECK,
    OWNER,
    PROGRESS,
    gate_check,
    gate_metadata,
    markdown_table,
)
from tznr_platform.assets.warehouse import PUBLISHED
from tznr_platform.release import package
from tznr_platform.resources import Platform

NUMBERS = dg.AssetKey(["disclosed", "numbers"])
OUTPUTS_GATE = dg.AssetKey(["gates", "gate_outputs"])
REPORTS = {"interim": "Rapport intermédiaire (juillet 2026)", "final": "Rapport final (juillet 2027)"}


@dg.asset(key=NUMBERS, deps=[PUBLISHED, *(one.key for one in (*EFFECTS, *ESTIMATES))], group_name="divulgation",
          owners=[OWNER], kinds={"parquet"}, pool="lake")
def numbers(platform: Platform) -> dg.MaterializeResult:
    """Tous les chiffres qui peuvent sortir, petits effectifs masqués : un chiffre masqué n'est jamais un zéro."""
    outcome = reporting.write_numbers(platform.settings)
    PROGRESS.info(f"Chiffres : {outcome.published_count} publiés, {outcome.masked_count} masqués")
    return dg.MaterializeResult(metadata={
        "dagster/row_count": outcome.number_count, "publies": outcome.published_count,
        "masques": outcome.masked_count, "fuites_trouvees": outcome.finding_count,
        "par_table": markdown_table(outcome.by_table)})


@dg.asset(key=OUTPUTS_GATE, deps=[NUMBERS], group_name="divulgation", owners=[OWNER], kinds={"greatexpectations"},
          pool="lake", check_specs=[dg.AssetCheckSpec(CRITERIA_CHECK, asset=OUTPUTS_GATE, blocking=True)])
def outputs_gate(platform: Platform) -> dg.MaterializeResult:
    """Porte 3 : l'auditeur de confidentialité, écrit à part du masquage, ne trouve-t-il aucune fuite ?"""
    outcome = gate.evaluate("outputs", platform.settings)
    PROGRESS.info(f"Porte « chiffres » : {outcome.sentence}")
    return dg.MaterializeResult(metadata=gate_metadata(outcome), check_results=[gate_check(outcome)])


def _gate_key(report: str) -> dg.AssetKey:
    return dg.AssetKey(["gates", f"gate_{report}"])


def _report_key(report: str) -> dg.AssetKey:
    return dg.AssetKey(["reports", f"report_{report}"])


def _gate_asset(report: str, title: str) -> dg.AssetsDefinition:
    key = _gate_key(report)

    @dg.asset(key=key, deps=[OUTPUTS_GATE], group_name="livrables", owners=[OWNER], kinds={"greatexpectations"},
              pool="lake", description=f"Porte 4, « {title} » : critères mesurés, seuils, dossier en français.",
              check_specs=[dg.AssetCheckSpec(CRITERIA_CHECK, asset=key)])
    def report_gate(platform: Platform) -> dg.MaterializeResult:
        outcome = gate.evaluate(report, platform.settings)
        PROGRESS.info(f"Porte « {title} » : {outcome.sentence}")
        return dg.MaterializeResult(metadata=gate_metadata(outcome), check_results=[gate_check(outcome)])

    return report_gate


def _report_asset(report: str, title: str) -> dg.AssetsDefinition:
    @dg.asset(key=_report_key(report), deps=[_gate_key(report)], group_name="livrables", owners=[OWNER],
              kinds={"html"}, pool="lake", output_required=False,
              description=f"{title}, une page HTML autonome. Refusé tant que sa porte n'est pas franchie.")
    def report_page(platform: Platform) -> Iterator[dg.MaterializeResult]:
        try:
            path = reporting.render(report, platform.settings)
        except gate.GateRefused as refusal:
            PROGRESS.warning(f"{title} : refusé. {refusal.why}")
            return
        PROGRESS.info(f"{title} : produit")
        yield dg.MaterializeResult(metadata={"page": dg.MetadataValue.path(str(path))})

    return report_page


def _release_asset(report: str, title: str) -> dg.AssetsDefinition:
    @dg.asset(key=["releases", f"release_{report}"], deps=[_report_key(report)], group_name="livrables", owners=[OWNER],
              kinds={"zip"}, pool="lake",
              description=f"Paquet du livrable « {title} » : page, chiffres publiés, dossier, manifeste à empreintes.")
    def release(platform: Platform) -> dg.MaterializeResult:
        path = package(platform.settings, report)
        return dg.MaterializeResult(metadata={"paquet": dg.MetadataValue.path(str(path))})

    return release


DELIVERABLES = [numbers, outputs_gate, *(make(report, title) for report, title in REPORTS.items()
                                         for make in (_gate_asset, _report_asset, _release_asset))]
