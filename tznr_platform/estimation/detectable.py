"""Could the effect be seen at all: the least effect a comparison detects against the largest the action could have.

Here: the two sizes and the verdict « non identifiable » that replaces a coefficient (methods F5). Not here: the effect
and its error (``clusters``, ``territory_effect``). On a stock of thousands, some hundred kept entitlements are lost in
the noise of the areas: a coefficient printed there would be a number about noise.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import inf, log1p, sqrt
from typing import TypeVar

import pandas as pd

from tznr_platform.errors import UserError
from tznr_platform.estimation.verdict import NotEstimable
from tznr_platform.french import share

POWER, LEVEL = 0.8, 0.05
Estimate = TypeVar("Estimate")


@dataclass(frozen=True)
class Detectable:
    """Least effect detected with the given power, largest effect possible, in the same unit (change of a logarithm)."""

    subject: str
    minimum_effect: float
    maximum_effect: float
    treated_count: int
    comparison_count: int
    power: float = POWER
    level: float = LEVEL

    @property
    def is_identifiable(self) -> bool:
        return self.minimum_effect < self.maximum_effect

    def to_frame(self) -> pd.DataFrame:
        """One row."""
        return pd.DataFrame([{**asdict(self), "is_identifiable": self.is_identifiable}])

    def explain(self) -> str:
        """French sentence printed beside the effect, or instead of it."""
        verdict, verb = ("Identifiable", "ne dépasse pas") if self.is_identifiable else (
            "Non identifiable", "atteint ou dépasse")
        return (f"{verdict} : le plus petit effet détectable ({share(self.minimum_effect)}, puissance de "
                f"{share(self.power, 0)}) {verb} le plus grand effet possible ({share(self.maximum_effect)}).")

    def plot(self):
        """Altair chart: the two sizes, one under the other."""
        import altair as alt

        rows = pd.DataFrame({"label": ["Plus petit effet détectable", "Plus grand effet possible"],
                             "effect": [self.minimum_effect, self.maximum_effect]})
        return alt.Chart(rows).mark_bar().encode(
            x=alt.X("effect:Q", title="Effet (logarithme du nombre de foyers)"),
            y=alt.Y("label:N", title=None, sort=None)).properties(width=420, height=80, title=self.subject)


def minimum_detectable_effect(standard_error: float, *, degrees_of_freedom: float | None = None,
                              power: float = POWER, level: float = LEVEL) -> float:
    """Effect found significant with probability ``power`` (Bloom 1995): normal, or Student with few clusters.

    ``UserError`` for a negative or missing error, or a power, level or number of degrees outside its range.
    """
    from scipy.stats import norm, t

    freedom = 1 if degrees_of_freedom is None else degrees_of_freedom
    if not (0 <= standard_error < inf and 0 < power < 1 and 0 < level < 1 and freedom > 0):
        raise _refusal("effet détectable")
    quantile = norm.ppf if degrees_of_freedom is None else lambda share: t.ppf(share, degrees_of_freedom)
    return float((quantile(1 - level / 2) + quantile(power)) * standard_error)


def maximum_possible_effect(kept_entitlements: float, stock: float) -> float | NotEstimable:
    """Change of the logarithm of the stock if every kept entitlement were additional."""
    if not (stock > 0 and kept_entitlements >= 0):
        return NotEstimable("effet maximal", "le nombre de foyers ou de droits maintenus n'est pas connu")
    return log1p(kept_entitlements / stock)


def detectable(subject: str, *, kept_entitlements: float, stock: float, deviation: float, treated_count: int,
               comparison_count: int, power: float = POWER, level: float = LEVEL) -> Detectable | NotEstimable:
    """Compare two groups of areas whose changes have the standard ``deviation``; counts of areas, not of persons.

    ``kept_entitlements`` and ``stock``: totals or means by treated area, of the same benefit.
    """
    if kept_entitlements < 0 or not 0 < power < 1 or not 0 < level < 1:
        raise _refusal(subject)
    if min(treated_count, comparison_count) < 2 or not deviation > 0:
        return NotEstimable(subject, "il faut deux zones de chaque côté et une dispersion connue")
    largest = maximum_possible_effect(kept_entitlements, stock)
    if isinstance(largest, NotEstimable):
        return NotEstimable(subject, largest.reason)
    error = deviation * sqrt(1 / treated_count + 1 / comparison_count)
    least = minimum_detectable_effect(error, degrees_of_freedom=treated_count + comparison_count - 2, power=power,
                                      level=level)
    return Detectable(subject, least, largest, treated_count, comparison_count, power, level)


def _refusal(where: str) -> UserError:
    return UserError("Puissance, seuil ou effectif impossible.", where=where, why="valeur hors des bornes",
                     remedy="corriger l'appel")


def or_not_identifiable(estimate: Estimate, size: Detectable | NotEstimable) -> Estimate | NotEstimable:
    """The estimate if it could be seen, else the verdict that is printed in its place."""
    if isinstance(size, NotEstimable):
        return size
    return estimate if size.is_identifiable else NotEstimable(size.subject, size.explain())

