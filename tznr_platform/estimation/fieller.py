"""Cost per additional entitlement opened: a ratio whose denominator may be zero.

Here: Fieller's interval of a ratio, and the cost per opening, gross and corrected for what would have happened anyway.
Not here: the effect (``trials``), what openings avoid (``psa``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from tznr_platform import french
from tznr_platform.errors import UserError
from tznr_platform.estimation.design import load_design
from tznr_platform.estimation.interval_chart import interval_chart
from tznr_platform.estimation.sampled import Sampled, critical_value
from tznr_platform.estimation.verdict import NotEstimable

if TYPE_CHECKING:
    import altair as alt

DEFINED, UNDEFINED = "défini", "non défini"


@dataclass(frozen=True)
class Ratio:
    """A ratio and its interval at 95 %."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class CostPerOpening:
    """``gross``: cost over all openings; ``corrected``: cost over additional ones, or why it is not defined."""

    scenario: str
    programme_cost_eur: float
    gross_openings: int
    gross_eur: float | None
    corrected: Ratio | NotEstimable
    design_sha256: str

    def to_frame(self) -> pd.DataFrame:
        """One row; what is not defined is empty, and ``status_label`` says so."""
        defined = isinstance(self.corrected, Ratio)
        values = {"gross_eur": self.gross_eur, "corrected_eur": self.corrected.value if defined else None,
                  "corrected_low_eur": self.corrected.low if defined else None,
                  "corrected_high_eur": self.corrected.high if defined else None}
        frame = pd.DataFrame([{"scenario": self.scenario, "programme_cost_eur": self.programme_cost_eur,
                               "gross_openings": self.gross_openings, **values,
                               "status_label": DEFINED if defined else UNDEFINED,
                               "design_sha256": self.design_sha256}])
        return frame.astype(dict.fromkeys(values, "Float64"))

    def plot(self) -> alt.Chart:
        """The corrected cost and its interval; an empty picture where it is not defined."""
        rows = self.to_frame().query("status_label == @DEFINED")
        return interval_chart(rows, label="scenario", value="corrected_eur", low="corrected_low_eur", axis="Euros",
                              high="corrected_high_eur", title="Coût par droit ouvert de plus", nothing=None)

    def explain(self) -> str:
        """Both costs, in French."""
        gross = UNDEFINED if self.gross_eur is None else f"{french.number(self.gross_eur)} €"
        start = f"{self.scenario} : {gross} par droit ouvert (brut)"
        if isinstance(self.corrected, NotEstimable):
            return f"{start} ; par droit ouvert de plus : {self.corrected.reason}"
        low, high = french.number(self.corrected.low), french.number(self.corrected.high)
        return (f"{start} ; {french.number(self.corrected.value)} € par droit ouvert de plus "
                f"({low} à {high} €, intervalle de Fieller).")


def fieller(subject: str, numerator: Sampled, denominator: Sampled, covariance: float = 0.0) -> Ratio | NotEstimable:
    """Ratio of two estimates with Fieller's interval (1954); « non défini » where the denominator may be zero.

    The interval holds every ratio r for which numerator - r x denominator is not significantly different from zero. It
    is bounded only if the interval of the denominator leaves zero out. Clusters are those of the denominator.
    ``UserError`` for a covariance that no two estimates with these errors can have.
    """
    if not abs(covariance) <= numerator.standard_error * denominator.standard_error * (1 + 1e-9):
        raise UserError("Covariance impossible.", where=subject, why="elle dépasse le produit des erreurs types",
                        remedy="vérifier les deux estimations")
    point = critical_value(denominator.cluster_count)
    top, bottom = numerator.estimate, denominator.estimate
    a = bottom**2 - (point * denominator.standard_error) ** 2
    if a <= 0 or bottom == 0:
        return NotEstimable(subject, f"{UNDEFINED} : l'effet peut être nul.")
    b = top * bottom - point**2 * covariance
    c = top**2 - (point * numerator.standard_error) ** 2
    root = np.sqrt(max(b**2 - a * c, 0.0))
    return Ratio(top / bottom, float((b - root) / a), float((b + root) / a))


def cost_per_opening(costs: Mapping[str, float | Sampled], gross_openings: int,
                     additional: Sampled | NotEstimable) -> list[CostPerOpening]:
    """Cost per opening for each scenario of the programme's cost (two totals are in use, both are shown).

    ``additional``: openings that would not have happened otherwise. Not defined where they cannot be estimated, or
    where their interval includes zero or is below it.
    """
    found = []
    for scenario, cost in costs.items():
        spent = cost if isinstance(cost, Sampled) else Sampled(float(cost), 0.0)
        gross = spent.estimate / gross_openings if gross_openings > 0 else None
        corrected = _corrected(scenario, spent, additional)
        found.append(CostPerOpening(scenario, spent.estimate, gross_openings, gross, corrected, load_design().sha256))
    return found


def _corrected(scenario: str, spent: Sampled, additional: Sampled | NotEstimable) -> Ratio | NotEstimable:
    if isinstance(additional, NotEstimable):
        return NotEstimable(scenario, f"{UNDEFINED} : {additional.reason}")
    if additional.interval[1] < 0:
        return NotEstimable(scenario, f"{UNDEFINED} : l'effet est négatif.")
    return fieller(scenario, spent, additional)
