"""Many tests at once: p-values adjusted within the families that the locked design declares.

Here: Bonferroni, Holm (1979), Hochberg (1988), Benjamini-Hochberg (1995), Benjamini-Yekutieli (2001), and their use by
family. Not here: which tests make a family (``design``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from tznr_platform.errors import ExitCode, UserError
from tznr_platform.estimation.design import Design
from tznr_platform.estimation.verdict import require_columns


def adjusted_p_values(p_values: Sequence[float], correction: str) -> np.ndarray:
    """Adjusted p-values in the order given (n); ``correction`` as in the design, ``none`` leaves them as they are.

    ``UserError`` for an unknown correction or a value outside 0..1: a family is never corrected by default.
    """
    values = np.asarray(p_values, dtype=float)
    if correction not in CORRECTIONS or not ((values >= 0) & (values <= 1)).all():
        raise UserError(f"Correction impossible : {correction}.", where="tests multiples",
                        why="correction inconnue, ou valeur hors de 0 à 1",
                        remedy="choisir parmi " + ", ".join(CORRECTIONS), exit_code=ExitCode.CONFIGURATION)
    order = np.argsort(values, kind="stable")
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(CORRECTIONS[correction](values[order]), 1)
    return adjusted


def adjusted_by_family(tests: pd.DataFrame, design: Design) -> pd.DataFrame:
    """The rows with ``adjusted_p_value``, corrected within each ``family_code`` as the design says.

    A row without ``p_value`` (not estimable) is no test, and has no adjusted value. ``UserError`` for a family unknown.
    """
    require_columns(tests, ("family_code", "p_value"), "tests multiples")
    corrections = {family.code: family.correction for family in design.families}
    if unknown := sorted(set(tests["family_code"]) - set(corrections)):
        raise UserError(f"Famille de tests inconnue : {', '.join(unknown)}.", where="tests multiples",
                        why="une famille se déclare au protocole avant d'estimer", remedy="vérifier le protocole",
                        exit_code=ExitCode.CONFIGURATION)
    adjusted = pd.Series(np.nan, tests.index)
    for code, rows in tests[tests["p_value"].notna()].groupby("family_code"):
        adjusted[rows.index] = adjusted_p_values(rows["p_value"].to_numpy(float), corrections[str(code)])
    return tests.assign(adjusted_p_value=adjusted)


def _step_up(ordered: np.ndarray, factor: float) -> np.ndarray:
    scaled = ordered * len(ordered) * factor / np.arange(1, len(ordered) + 1)
    return np.minimum.accumulate(scaled[::-1])[::-1]


CORRECTIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "none": lambda ordered: ordered,
    "bonferroni": lambda ordered: ordered * len(ordered),
    "holm": lambda ordered: np.maximum.accumulate(ordered * np.arange(len(ordered), 0, -1)),
    "hochberg": lambda ordered: np.minimum.accumulate((ordered * np.arange(len(ordered), 0, -1))[::-1])[::-1],
    "benjamini_hochberg": lambda ordered: _step_up(ordered, 1),
    "benjamini_yekutieli": lambda ordered: _step_up(ordered, (1 / np.arange(1, len(ordered) + 1)).sum()),
}
