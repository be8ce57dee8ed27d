"""Many tests at once: p-values adjusted within the families that the locked design declares.

Here: Bonferroni, Holm (1979), Benjamini-Hochberg (1995), Benjamini-Yekutieli (2001). Not here: which tests make a
family (``design``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tznr_platform.errors import ExitCode, UserError


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


def _step_up(ordered: np.ndarray, factor: float) -> np.ndarray:
    scaled = ordered * len(ordered) * factor / np.arange(1, len(ordered) + 1)
    return np.minimum.accumulate(scaled[::-1])[::-1]


CORRECTIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "none": lambda ordered: ordered,
    "bonferroni": lambda ordered: ordered * len(ordered),
    "holm": lambda ordered: np.maximum.accumulate(ordered * np.arange(len(ordered), 0, -1)),
    "benjamini_hochberg": lambda ordered: _step_up(ordered, 1),
    "benjamini_yekutieli": lambda ordered: _step_up(ordered, (1 / np.arange(1, len(ordered) + 1)).sum()),
}
