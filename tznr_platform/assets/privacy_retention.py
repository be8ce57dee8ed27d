"""The retention clock in the interface: what is kept, until when, what a purge would destroy."""

import dagster as dg
import pandas as pd

from tznr_platform import french
from tznr_platform.assets.presentation import OWNER, markdown_table
from tznr_platform.privacy.retention import ClassState, states
from tznr_platform.resources import Platform
from tznr_platform.storage import clock

RETENTION_CLOCK = dg.AssetKey(["protection", "retention_clock"])
NOTHING_OVER = "rien_au_dela_du_terme"


@dg.asset(key=RETENTION_CLOCK, group_name="protection", owners=[OWNER], kinds={"python"}, pool="lake",
          check_specs=[dg.AssetCheckSpec(NOTHING_OVER, asset=RETENTION_CLOCK)])
def retention_clock(platform: Platform) -> dg.MaterializeResult:
    """Horloge de conservation : chaque classe de données, sa date de fin, ce qu'une purge détruirait aujourd'hui.

    Le contrôle est rouge quand des données ont dépassé leur terme ou que l'horloge de la machine a reculé.
    """
    settings = platform.settings
    found = states(settings)
    over = sum(state.over_count for state in found)
    is_steady = settings.today >= clock.day(settings)
    return dg.MaterializeResult(
        metadata={"classes": markdown_table(_table(found)), "fichiers_a_detruire": over,
                  "jour": clock.day(settings).isoformat()},
        check_results=[dg.AssetCheckResult(check_name=NOTHING_OVER, passed=not over and is_steady, metadata={
            "fichiers_au_dela_du_terme": over, "horloge_reguliere": is_steady})])


def _table(found: list[ClassState]) -> pd.DataFrame:
    return pd.DataFrame([{
        "Classe": state.label, "Fin": french.day(state.end_date) if state.end_date else "sans limite",
        "Jours restants": str(state.days_left) if state.end_date else "–", "Fichiers": state.file_count,
        "Taille (Mo)": round(state.byte_count / 1e6, 1), "À détruire": state.over_count, "Action": state.action,
        "Certitude": state.certainty} for state in found])
