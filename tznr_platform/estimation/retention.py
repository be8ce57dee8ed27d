"""Retention of entitlements (maintien): how long openings last and how they end.

Here: Aalen-Johansen cumulative incidence with competing exits, from aggregated spell durations, and
Kaplan-Meier where one exit exists. Not here: comparisons of curves (``rmst``), covariates (``hazard``), what a spell is
(dbt), how long data are kept (``privacy``).
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from tznr_platform import french
from tznr_platform.errors import UserError
from tznr_platform.estimation.design import Design, load_design
from tznr_platform.estimation.verdict import NotEstimable, require_columns, require_numbers

if TYPE_CHECKING:
    import altair as alt

CENSORED = "censored"
ENTRY = "entry_months"
COLUMNS = ("duration_months", "exit_code", "spell_count")
FRAME_TYPES = {
    "benefit_code": "string", "exit_code": "string", "duration_months": "float64", "at_risk_count": "int64",
    "event_count": "int64", "incidence_share": "float64", "incidence_standard_error": "float64",
    "incidence_low_share": "float64", "incidence_high_share": "float64", "retained_share": "float64",
    "design_sha256": "string"}
TWO_SIDED_95 = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True, eq=False)
class Incidence:
    """Cumulative incidence of one benefit. Arrays: T durations, or K exits x T durations."""

    benefit_code: str
    spell_count: int
    exit_codes: tuple[str, ...]
    duration_months: np.ndarray
    at_risk_count: np.ndarray
    event_count: np.ndarray
    incidence_share: np.ndarray
    standard_error: np.ndarray
    retained_share: np.ndarray
    design_sha256: str

    @property
    def median_months(self) -> float | None:
        """First duration at which half of the openings or fewer are still retained; None when not reached."""
        reached = self.retained_share <= 0.5 + 1e-9
        return float(self.duration_months[reached.argmax()]) if reached.any() else None

    def retained_at(self, months: float) -> float | None:
        """Share still retained after ``months``; None beyond the longest duration observed."""
        if months > self.duration_months[-1]:
            return None
        index = np.searchsorted(self.duration_months, months, side="right") - 1
        return 1.0 if index < 0 else float(self.retained_share[index])

    def to_frame(self) -> pd.DataFrame:
        """One row per exit and duration from the first such exit on; 95 % bounds through log(-log)."""
        kinds, grid = len(self.exit_codes), len(self.duration_months)
        low, high = _bounds(self.incidence_share, self.standard_error)
        frame = pd.DataFrame({
            "benefit_code": self.benefit_code,
            "exit_code": np.repeat(self.exit_codes, grid),
            "duration_months": np.tile(self.duration_months, kinds),
            "at_risk_count": np.tile(self.at_risk_count, kinds),
            "event_count": self.event_count.ravel(),
            "incidence_share": self.incidence_share.ravel(),
            "incidence_standard_error": self.standard_error.ravel(),
            "incidence_low_share": low.ravel(),
            "incidence_high_share": high.ravel(),
            "retained_share": np.tile(self.retained_share, kinds),
            "design_sha256": self.design_sha256})
        return frame[frame["incidence_share"] > 0].reset_index(drop=True).astype(FRAME_TYPES)

    def plot(self) -> alt.Chart:
        """Cumulative incidence of each exit by duration."""
        from tznr_platform.estimation.charts import incidence_chart

        return incidence_chart(self.to_frame())

    def explain(self) -> str:
        """What the curve says at the horizons of the design, in French, with its limits."""
        kept = [(self.retained_at(month), month) for month in load_design().horizon_months]
        said = [f"{french.share(share)} à {month} mois" for share, month in kept if share is not None]
        return (f"{self.benefit_code} : {french.count(self.spell_count, 'période suivie', 'périodes suivies')} depuis "
                f"l'ouverture. Encore ouvertes : {', '.join(said) or 'aucun horizon atteint'}. Les sorties sont en "
                "concurrence : leurs incidences s'ajoutent, et une période encore ouverte à la dernière extraction "
                "n'est ni une sortie ni un maintien définitif. Description, non un effet du programme.")


def cumulative_incidence(spells: pd.DataFrame, benefit_code: str, *,
                         design: Design | None = None) -> Incidence | NotEstimable:
    """Aalen-Johansen cumulative incidence of each exit, the others competing.

    ``spells``: rows of ``mart_spell_durations`` of one benefit (``duration_months`` >= 0, ``exit_code``
    censored or an exit of the design, ``spell_count`` >= 0); a spell censored in a month is at risk in that
    month. Left truncation: with a column ``entry_months`` (duration already lived when first seen, -1 for a spell
    seen from its opening), a spell is at risk at longer durations only. Standard error: delta method on
    multinomial monthly increments, Greenwood's when there is one exit (Collett, Modelling Survival Data in
    Medical Research, 3rd ed., p. 411; the formula of lifelines).
    Raises ``UserError`` for a missing column or an exit the design does not know.
    """
    design = design or load_design()
    require_spells(spells, design)
    reason = refusal_reason(spells)
    if reason:
        return NotEstimable(benefit_code, reason)
    present = set(spells.loc[spells["spell_count"] > 0, "exit_code"])
    exits = tuple(code for code in design.exits if code in present)
    months, events, at_risk = _risk_sets(spells, exits)
    if (at_risk[:-1] == events.sum(axis=0)[:-1]).any():
        return NotEstimable(benefit_code, "les périodes suivies finissent avant que les autres ne soient suivies.")
    retained = np.cumprod(1 - events.sum(axis=0) / at_risk)
    before = np.concatenate(([1.0], retained[:-1]))
    incidence = np.cumsum(before * events / at_risk, axis=1)
    variance = _variance(incidence, events, at_risk, before)
    spell_count = int(spells["spell_count"].sum())
    return Incidence(benefit_code, spell_count, exits, months, at_risk, events, incidence, np.sqrt(variance), retained,
                     design.sha256)


def kaplan_meier(spells: pd.DataFrame, benefit_code: str, *,
                 design: Design | None = None) -> Incidence | NotEstimable:
    """Kaplan-Meier where one kind of exit occurs; ``UserError`` with competing exits (1-KM overstates)."""
    result = cumulative_incidence(spells, benefit_code, design=design)
    if isinstance(result, Incidence) and len(result.exit_codes) > 1:
        raise UserError("Kaplan-Meier est refusé : des sorties sont en concurrence.", where=benefit_code,
                        why="1-KM traite les autres sorties comme des censures et surestime l'incidence",
                        remedy="utiliser l'incidence cumulée d'Aalen-Johansen (cumulative_incidence)")
    return result


def require_spells(spells: pd.DataFrame, design: Design) -> None:
    """``UserError`` for a missing column, words where numbers are due, or an exit the design does not know."""
    require_columns(spells, COLUMNS, "durées des périodes de droit")
    numbers = ("duration_months", "spell_count", *([ENTRY] if ENTRY in spells else []))
    require_numbers(spells, numbers, "durées des périodes de droit")
    unknown = sorted(map(str, set(spells["exit_code"]) - {CENSORED, *design.exits}))
    if unknown:
        raise UserError(f"Sortie inconnue du protocole : {', '.join(unknown)}.",
                        where="durées des périodes de droit",
                        why="une sortie non prévue fausserait les incidences concurrentes",
                        remedy="l'ajouter au protocole d'estimation ou corriger la table")


def refusal_reason(spells: pd.DataFrame) -> str | None:
    """Why counted spells carry no estimate, a French sentence; None when they may."""
    numbers = spells[["duration_months", "spell_count"]].to_numpy(dtype=float, na_value=np.nan)
    if not np.isfinite(numbers).all():
        return "une durée ou un effectif manque."
    if (numbers < 0).any() or (numbers[:, 1] % 1).any():
        return "une durée ou un effectif est négatif, ou un effectif n'est pas entier."
    if ENTRY in spells and not (spells[ENTRY].to_numpy(dtype=float, na_value=np.nan) < numbers[:, 0]).all():
        return "une période serait suivie après sa fin, ou son entrée manque."
    counts = numbers[:, 1]
    if counts.sum() == 0:
        return "aucune période de droit n'est ouverte."
    if counts[(spells["exit_code"] != CENSORED).to_numpy()].sum() == 0:
        return "aucune sortie n'est observée : toutes les périodes étaient ouvertes à la dernière extraction."
    return None


def _risk_sets(spells: pd.DataFrame, exits: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Durations (T, sorted), exits by code and duration (exits x T), spells at risk at each duration (T)."""
    seen = spells[spells["spell_count"] > 0]
    counts = seen["spell_count"].to_numpy(dtype=np.int64)
    months, column = np.unique(seen["duration_months"].to_numpy(dtype=float), return_inverse=True)
    leaving = np.zeros((len(exits) + 1, len(months)), dtype=np.int64)
    np.add.at(leaving, (pd.Index((*exits, CENSORED)).get_indexer(seen["exit_code"]), column), counts)
    at_risk = leaving.sum(axis=0)[::-1].cumsum()[::-1]
    if ENTRY in seen:
        entered = np.searchsorted(months, seen[ENTRY].to_numpy(dtype=float), side="right")
        at_risk = at_risk - (counts.sum() - np.bincount(entered, counts, len(months) + 1)[:-1].cumsum())
    return months, leaving[:-1], at_risk.astype(np.int64)


def _variance(incidence: np.ndarray, events: np.ndarray, at_risk: np.ndarray,
              before: np.ndarray) -> np.ndarray:
    """Var F_k(t) = sum over t_i <= t of the variances and covariance of the increments (K x T)."""
    n, total = at_risk.astype(float), events.sum(axis=0).astype(float)
    pooled = np.divide(total, n * (n - total), out=np.zeros_like(n), where=n > total)
    own = before**2 * events * (n - events) / n**3
    cross = before * events / n**2
    gap = np.tril(incidence[:, :, None] - incidence[:, None, :])
    spread = gap**2 * pooled - 2 * gap * cross[:, None, :]
    return np.maximum(spread.sum(axis=2) + np.cumsum(own, axis=1), 0)


def _bounds(share: np.ndarray, error: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    inside = (share > 0) & (share < 1)
    log = np.log(share, out=np.full_like(share, -1.0), where=inside)
    width = np.exp(TWO_SIDED_95 * error / np.where(inside, share * -log, 1))
    return np.where(inside, share**width, share), np.where(inside, share ** (1 / width), share)
