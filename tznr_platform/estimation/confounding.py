"""How strong an unmeasured confounder would have to be to explain an effect away.

Here: the E-value. Source: VanderWeele and Ding (2017, Annals of Internal Medicine 167-4). Not here: what the data
themselves can show (balance, overlap).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tznr_platform.errors import UserError


@dataclass(frozen=True)
class EValue:
    """Least association, as a risk ratio with both contact and outcome, that would explain the estimate away.

    ``limit``: the same for the bound of the interval nearer to 1; 1 when the interval holds 1.
    """

    point: float
    limit: float | None

    def explain(self) -> str:
        """One French sentence for the reader."""
        return (f"Pour expliquer à lui seul cet effet, un facteur non mesuré devrait multiplier par {self.point:.2f} "
                "à la fois la chance d'être rencontré et celle d'ouvrir le droit.".replace(".", ",", 1))


def e_value(risk_ratio: float, low: float | None = None, high: float | None = None) -> EValue:
    """E-value of a risk ratio and of the limits of its interval; ``UserError`` unless all are positive and ordered."""
    if risk_ratio <= 0 or (low is not None and not 0 < low <= risk_ratio) or (high is not None and high < risk_ratio):
        raise UserError("Rapport de risques impossible.", where="valeur E",
                        why="un rapport est positif et se trouve dans son intervalle", remedy="vérifier l'estimation")
    nearer = low if risk_ratio >= 1 else high
    if nearer is None:
        return EValue(_e(risk_ratio), None)
    crosses = (nearer <= 1) if risk_ratio >= 1 else (nearer >= 1)
    return EValue(_e(risk_ratio), 1.0 if crosses else _e(nearer))


def risk_ratio_of_difference(open_share: float, counterfactual_share: float) -> float:
    """Risk ratio of two shares; ``UserError`` when the second is zero."""
    if not 0 < counterfactual_share <= 1 or not 0 <= open_share <= 1:
        raise UserError("Rapport de risques impossible.", where="valeur E", why="une part est nulle ou hors de 0 à 1",
                        remedy="donner la différence sans valeur E")
    return open_share / counterfactual_share


def _e(ratio: float) -> float:
    above = max(ratio, 1 / ratio)
    return float(above + np.sqrt(above * (above - 1)))
