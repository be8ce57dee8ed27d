"""Do territories whose network grew denser open more entitlements? One hypothesis, one association, no mediation.

Here: the rank correlation of the change of density with the effect on access, by permutation, and its range when one
territory is left out (methods 4.5). Not here: the two quantities. Thirty-nine points and a network that access itself
may build: an association, never an effect.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from tznr_platform.errors import UserError
from tznr_platform.estimation.network_tests import DRAWS
from tznr_platform.estimation.verdict import NotEstimable, require_columns, require_numbers
from tznr_platform.french import number

COLUMNS = ("territory_code", "density_change", "access_effect")
FEWEST_TERRITORIES = 6
SUBJECT = "réseau et accès"


@dataclass(frozen=True)
class NetworkAccess:
    """Spearman's correlation, its permutation p-value, its least and largest value with one territory left out."""

    correlation: float
    p_value: float
    lowest_left_out: float
    highest_left_out: float
    territory_count: int
    missing_count: int
    draw_count: int

    def to_frame(self) -> pd.DataFrame:
        """One row."""
        return pd.DataFrame([asdict(self)])

    def explain(self) -> str:
        """French sentence that may be printed under the estimate; the label is always an association."""
        return (f"Association (et non effet) sur {self.territory_count} territoires : corrélation de rang "
                f"{number(self.correlation, 2)}, p = {number(self.p_value, 3)} par permutation ; de "
                f"{number(self.lowest_left_out, 2)} à {number(self.highest_left_out, 2)} en retirant un territoire.")

    def plot(self):
        """Altair chart: the correlation and its range when one territory is left out."""
        from tznr_platform.estimation.interval_chart import interval_chart

        rows = self.to_frame().assign(label="Densité et accès")
        return interval_chart(rows, label="label", value="correlation", low="lowest_left_out", high="highest_left_out",
                              axis="Corrélation de rang", title="Étendue en retirant un territoire à la fois")


def network_and_access(rows: pd.DataFrame, *, seed: int, draws: int = DRAWS) -> NetworkAccess | NotEstimable:
    """One row a territory (``COLUMNS``); a territory without one of the two is left out and counted.

    ``UserError`` for a missing column or a territory given twice.
    """
    require_columns(rows, COLUMNS, SUBJECT)
    if rows["territory_code"].duplicated().any():
        raise UserError("Un territoire est présent deux fois.", where=SUBJECT, why="un point par territoire",
                        remedy="garder une ligne par territoire")
    require_numbers(rows, COLUMNS[1:], SUBJECT)
    measured = np.isfinite(rows[list(COLUMNS[1:])].to_numpy(float, na_value=np.nan)).all(axis=1)
    known = rows[measured & rows["territory_code"].notna()].sort_values("territory_code")
    first, second = (known[name].to_numpy(float) for name in COLUMNS[1:])
    if len(known) < FEWEST_TERRITORIES:
        return NotEstimable(SUBJECT, f"{len(known)} territoires seulement ont les deux mesures")
    if not np.ptp(first) or not np.ptp(second):
        return NotEstimable(SUBJECT, "une des deux mesures est la même partout")
    seen = _spearman(first, second)
    left, right = _standard_ranks(first), _standard_ranks(second)
    random = np.random.default_rng(seed)
    drawn = right[random.random((draws, len(right))).argsort(axis=1)] @ left / len(left)
    extreme = (np.abs(drawn) >= abs(seen) - 1e-12).sum()
    left_out = [_spearman(np.delete(first, rank), np.delete(second, rank)) for rank in range(len(known))]
    return NetworkAccess(seen, float((1 + extreme) / (1 + draws)), min(left_out), max(left_out), len(known),
                         len(rows) - len(known), draws)


def _standard_ranks(values: np.ndarray) -> np.ndarray:
    from scipy.stats import rankdata

    ranks = rankdata(values)
    spread = ranks.std()
    return (ranks - ranks.mean()) / spread if spread else np.zeros(len(ranks))


def _spearman(first: np.ndarray, second: np.ndarray) -> float:
    return float(_standard_ranks(first) @ _standard_ranks(second) / len(first))
