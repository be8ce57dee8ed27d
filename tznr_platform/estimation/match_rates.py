"""Match rates: of the persons a body looked for, the share it found, and how far a small number can be trusted.

Here: shares with their intervals by territory, body and birth given by default. Not here: who was asked and what
was answered (``mart_match_rates``), what a match error does to an effect. « Not found » never means « no benefit »;
no body knows everybody, so that rates compare births and territories within a body, never bodies.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from tznr_platform.contracts import reference
from tznr_platform.estimation.verdict import require_columns

if TYPE_CHECKING:
    import altair as alt

NATION = "FR"
KEY = ("territory_code", "body_code", "is_default_birth_date")
COUNTS = ("asked_person_count", "answered_count", "matched_count", "ambiguous_count")
FRAME_TYPES = {
    "territory_code": "string", "body_code": "string", "is_default_birth_date": "bool", "asked_person_count": "int64",
    "answered_count": "int64", "matched_count": "int64", "ambiguous_count": "int64", "match_share": "float64",
    "match_low_share": "float64", "match_high_share": "float64", "ambiguous_share": "float64"}
BIRTHS = {False: "Date connue", True: "Date par défaut"}
TWO_SIDED_95 = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True, eq=False)
class MatchRates:
    """Rates of the cells that a body answered (``to_frame``); ``silent_count``: cells without any answer yet."""

    frame: pd.DataFrame
    silent_count: int

    def to_frame(self) -> pd.DataFrame:
        """One row a territory (or FR), body and kind of birth; shares from 0 to 1, 95 % bounds."""
        return self.frame.copy()

    def drawn(self, smallest: int) -> pd.DataFrame:
        """The cells of at least ``smallest`` persons looked for: the only ones that a picture or a table shows."""
        return self.frame[self.frame["answered_count"] >= smallest]

    def summary(self, smallest: int) -> pd.DataFrame:
        """The nation by body and kind of birth, in French, whole per cents."""
        nation = self.drawn(smallest)
        nation = nation[nation["territory_code"] == NATION]
        low, high = _per_cent(nation["match_low_share"]), _per_cent(nation["match_high_share"])
        return pd.DataFrame({
            "Organisme": nation["body_code"].map(body_labels()),
            "Naissance": nation["is_default_birth_date"].map(BIRTHS),
            "Personnes cherchées": nation["answered_count"],
            "Retrouvées (%)": _per_cent(nation["match_share"]),
            "Intervalle à 95 % (%)": low.astype(str) + " à " + high.astype(str),
            "Ambiguës (%)": _per_cent(nation["ambiguous_share"])})

    def plot(self, smallest: int) -> alt.Chart:
        """Rates by body and kind of birth, the nation with its interval over its territories."""
        from tznr_platform.estimation import charts

        return charts.match_chart(self.drawn(smallest))

    def plot_png(self, smallest: int) -> bytes:
        """The same as a picture."""
        from tznr_platform.estimation import charts

        return charts.png(self.plot(smallest))


def match_rates(cells: pd.DataFrame) -> MatchRates:
    """Share matched of the persons a body looked for, with Wilson's 95 % interval.

    ``cells``: rows of ``mart_match_rates`` (persons asked, answered, matched, ambiguous). Persons not sent or not
    answered are in no denominator. Interval: Wilson (1927), as recommended by Newcombe (1998); it says how far the
    number of persons carries, not that they were drawn at random. Raises ``UserError`` for a missing column.
    """
    require_columns(cells, (*KEY, *COUNTS), "taux d'appariement")
    answered = cells[cells["answered_count"] > 0]
    size = answered["answered_count"].to_numpy(dtype=float)
    share = answered["matched_count"].to_numpy(dtype=float) / size
    low, high = wilson(share, size)
    frame = answered[[*KEY, *COUNTS]].assign(
        match_share=share, match_low_share=low, match_high_share=high,
        ambiguous_share=answered["ambiguous_count"].to_numpy(dtype=float) / size)
    frame = frame.sort_values(list(KEY), ignore_index=True)
    return MatchRates(frame.astype(FRAME_TYPES), len(cells) - len(answered))


def wilson(share: np.ndarray, size: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bounds of Wilson's 95 % interval of shares among ``size`` persons each (sizes above 0)."""
    shrink = 1 + TWO_SIDED_95**2 / size
    middle = (share + TWO_SIDED_95**2 / (2 * size)) / shrink
    width = TWO_SIDED_95 * np.sqrt(share * (1 - share) / size + (TWO_SIDED_95 / (2 * size)) ** 2) / shrink
    return np.maximum(middle - width, 0), np.minimum(middle + width, 1)


def body_labels() -> dict[str, str]:
    """French name of every benefit body, by code."""
    return {row["body_code"]: row["body_label"] for row in reference("bodies")}


def _per_cent(share: pd.Series) -> pd.Series:
    return (share * 100).round().astype(int)
