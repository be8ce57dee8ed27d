"""Group-time average effects with staggered starts, their influence functions and their aggregations.

Here: the estimator of Callaway and Sant'Anna (2021, Journal of Econometrics 225-2) on a balanced panel. Not here:
the two-period estimators it repeats (``two_period``), standard errors for few clusters (``clusters``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from tznr_platform.errors import UserError
from tznr_platform.estimation.bands import DRAWS, FEWEST_UNITS, Band, simultaneous_band
from tznr_platform.estimation.nuisance import one_thread
from tznr_platform.estimation.two_period import ESTIMATORS, Method, NoOverlapError
from tznr_platform.estimation.verdict import NotEstimable, require_columns, require_numbers
from tznr_platform.french import count as counted
from tznr_platform.french import number

Control = Literal["never", "not_yet"]
Base = Literal["varying", "universal"]
Kind = Literal["simple", "dynamic", "group", "calendar"]
PARTS = {"simple": "Ensemble", "dynamic": "Durée d'exposition", "group": "Cohorte", "calendar": "Période"}
SUBJECT = "effets par cohorte"


@dataclass(frozen=True, eq=False)
class Aggregate:
    """One overall effect and its parts. ``influence``: n units x (1 + parts), the overall effect first.

    ``parts``: exposure (dynamic), group or period of each part; empty for the simple average.
    """

    kind: Kind
    parts: np.ndarray
    estimates: np.ndarray
    influence: np.ndarray = field(repr=False)
    has_many_units: bool = True

    @property
    def overall(self) -> float:
        return float(self.estimates[0])

    @property
    def standard_errors(self) -> np.ndarray:
        """Of the overall effect, then of each part; independent units, weights estimated too."""
        return standard_errors(self.influence)

    def to_frame(self) -> pd.DataFrame:
        """One row for the overall effect (part missing), then one a part; without errors when units are few."""
        return pd.DataFrame({"kind": self.kind, "part": [None, *self.parts.tolist()], "estimate": self.estimates,
                             "standard_error": self.standard_errors if self.has_many_units else None})

    def explain(self) -> str:
        """French sentence that may be printed under the estimate; its interval comes from few-cluster inference."""
        return f"Effet moyen après le début : {number(self.overall, 3)} ({PARTS[self.kind].lower()})."

    def plot(self):
        """Altair chart: the estimate of each part, in their order."""
        import altair as alt

        rows = self.to_frame().iloc[1:].astype({"part": float})
        return alt.Chart(rows).mark_line(point=True).encode(
            x=alt.X("part:Q", title=PARTS[self.kind]), y=alt.Y("estimate:Q", title="Effet")
        ).properties(width=420, height=200, title=self.explain())


@dataclass(frozen=True, eq=False)
class GroupTimeEffects:
    """ATT(g, t), one column of ``influence`` (n units x effects) each. ``cohorts``: first treated period by unit.

    A reference period (universal base) is an effect of zero with no standard error.
    """

    groups: np.ndarray
    periods: np.ndarray
    estimates: np.ndarray
    influence: np.ndarray = field(repr=False)
    cohorts: np.ndarray = field(repr=False)
    unit_weights: np.ndarray = field(repr=False)
    not_estimable: tuple[NotEstimable, ...] = ()

    @property
    def standard_errors(self) -> np.ndarray:
        """Independent units; nan for a reference period, which is not estimated."""
        errors = standard_errors(self.influence)
        return np.where(self._is_reference, np.nan, errors)

    @property
    def _is_reference(self) -> np.ndarray:
        return ~self.influence.any(axis=0)

    @property
    def has_many_units(self) -> bool:
        """Fifty units or more on each side: fewer are clusters, whose errors come from ``jackknife``."""
        treated = int(np.isfinite(self.cohorts).sum())
        return min(treated, len(self.cohorts) - treated) >= FEWEST_UNITS

    def to_frame(self) -> pd.DataFrame:
        """One row per group and period; without errors when units are few."""
        return pd.DataFrame({"group": self.groups, "period": self.periods, "estimate": self.estimates,
                             "standard_error": self.standard_errors if self.has_many_units else None})

    def explain(self) -> str:
        """French sentence: how many effects, and which could not be estimated."""
        lost = f" ; {len(self.not_estimable)} non estimables" if self.not_estimable else ""
        return f"{counted(len(self.estimates), 'effet')} par cohorte et période{lost}."

    def plot(self):
        """Altair chart: a line a cohort, by period."""
        import altair as alt

        return alt.Chart(self.to_frame()).mark_line(point=True).encode(
            x=alt.X("period:Q", title="Période"), y=alt.Y("estimate:Q", title="Effet"),
            color=alt.Color("group:N", title="Cohorte")).properties(width=420, height=200, title=self.explain())

    def pre_test(self) -> tuple[float, int, float] | NotEstimable:
        """Wald statistic, degrees of freedom and p-value that all effects before treatment are zero.

        Passing it proves nothing: its power is reported beside it (methods 4.1).
        """
        from scipy.stats import chi2

        before = (self.groups > self.periods) & ~self._is_reference
        if not before.any():
            return NotEstimable("test des tendances antérieures", "aucune période avant le traitement")
        influence, effects = self.influence[:, before], self.estimates[before]
        covariance = influence.T @ influence / len(influence)
        if np.linalg.matrix_rank(covariance) < len(effects):
            return NotEstimable("test des tendances antérieures", "matrice de covariance singulière")
        statistic = float(len(influence) * effects @ np.linalg.solve(covariance, effects))
        return statistic, int(before.sum()), float(chi2.sf(statistic, before.sum()))

    def aggregate(self, kind: Kind, *, balanced_through: int | None = None) -> Aggregate | NotEstimable:
        """Weighted averages of the effects after treatment (``dynamic``: before it too); shares are estimated.

        ``balanced_through`` (dynamic only): same cohorts at every exposure up to this one, the others left out.
        """
        from tznr_platform.estimation.aggregation import aggregate

        with one_thread():
            return aggregate(self, kind, balanced_through=balanced_through)

    def band(self, kind: Kind | None = None, *, seed: int, draws: int = DRAWS) -> Band | NotEstimable:
        """Simultaneous band of the parts of an aggregate, or of every ATT(g, t); independent units, many of them."""
        if kind is None:
            return simultaneous_band(self.estimates, self.influence, np.isfinite(self.cohorts), seed=seed, draws=draws)
        found = self.aggregate(kind)
        if isinstance(found, NotEstimable):
            return found
        return simultaneous_band(found.estimates, found.influence, np.isfinite(self.cohorts), seed=seed, draws=draws)


def standard_errors(influence: np.ndarray) -> np.ndarray:
    """Of estimates whose influence functions are the columns (n units x estimates)."""
    return np.sqrt((influence**2).sum(axis=0)) / len(influence)


def group_time_effects(frame: pd.DataFrame, *, outcome: str, unit: str, period: str, cohort: str,
                       covariates: tuple[str, ...] = (), weight: str | None = None, control: Control = "never",
                       method: Method = "dr", base: Base = "varying",
                       anticipation: int = 0) -> GroupTimeEffects | NotEstimable:
    """Every ATT(g, t) of a balanced panel: one row a unit and period, ``cohort`` 0 or missing if never treated.

    ``control``: never-treated units, or those not yet treated by the later of the two periods compared. Covariates
    are taken at the earlier one, weights at the first of all. Periods are numbers one apart (``quarter_number``).
    ``anticipation``: how many periods before its start a cohort may already react. ``UserError`` for an unknown option,
    a missing column or an unbalanced panel; missing values or weights that are not positive: not estimable.
    """
    measured = (outcome, *([weight] if weight else []))
    require_columns(frame, (unit, period, cohort, *measured), SUBJECT)
    if control not in ("never", "not_yet") or base not in ("varying", "universal") or method not in ESTIMATORS:
        raise _refusal("Option inconnue de l'estimation par cohorte.", "contrôle, méthode ou base non prévus")
    if anticipation != int(anticipation) or anticipation < 0:
        raise _refusal("Anticipation impossible.", "elle se compte en périodes entières, à partir de zéro")
    require_numbers(frame, (period, cohort, *measured, *(name for name in covariates if name in frame)), SUBJECT)
    if reason := _refused(frame, measured, covariates):
        return NotEstimable(SUBJECT, reason)
    panel = Panel.of(frame, {"outcome": outcome, "unit": unit, "period": period, "cohort": cohort}, covariates, weight)
    if not (panel.cohorts > panel.periods[0]).any() or not np.isfinite(panel.cohorts).any():
        return NotEstimable(SUBJECT, "aucune unité ne devient traitée pendant la période observée")
    with one_thread():
        return _estimate(panel, control, method, base, anticipation)


def _refused(frame: pd.DataFrame, measured: tuple[str, ...], covariates: tuple[str, ...]) -> str:
    """Why this table carries no effect, in French; empty when it may. ``measured``: the outcome, the weight if any."""
    if frame.empty:
        return "aucune donnée"
    values = frame[list(measured)].to_numpy(float, na_value=np.nan)
    if not np.isfinite(values).all():
        return "des valeurs manquent dans le panel"
    if not (values[:, 1:] > 0).all():
        return "des poids ne sont pas positifs"
    if (values[:, 0] == values[0, 0]).all():
        return "le résultat a partout la même valeur"
    absent = [name for name in covariates if name not in frame.columns or frame[name].isna().any()]
    return f"covariables absentes ou incomplètes : {', '.join(absent)}" if absent else ""


def quarter_number(month: str) -> int:
    """Number of the quarter of a month written YYYY-MM: quarters in a row differ by one; ``UserError`` for another."""
    if not re.match(r"\d{4}-(0[1-9]|1[0-2])", month):
        raise UserError("Un mois n'est pas lisible.", where=SUBJECT, why="un mois s'écrit AAAA-MM",
                        remedy="corriger le mois")
    return 4 * int(month[:4]) + (int(month[5:7]) - 1) // 3


@dataclass(frozen=True, eq=False)
class Panel:
    """Outcome: periods x units. ``cohorts``: inf if never treated. Covariates: periods x units x k."""

    outcome: np.ndarray
    periods: np.ndarray
    cohorts: np.ndarray
    covariates: np.ndarray
    weights: np.ndarray

    @classmethod
    def of(cls, frame: pd.DataFrame, columns: dict[str, str], covariates: tuple[str, ...],
           weight: str | None) -> Panel:
        """Units in the order of their codes, whatever the order of the rows; ``UserError`` for a hole or a double."""
        units, codes = pd.factorize(frame[columns["unit"]], sort=True)[::-1]
        periods, ranks = np.unique(frame[columns["period"]].to_numpy(float, na_value=np.nan), return_inverse=True)
        shape = (len(periods), len(units))
        place = ranks.astype(np.int64) * shape[1] + codes
        filled = np.zeros(shape, bool)
        filled.flat[place] = True
        if not filled.all() or len(frame) != filled.size or (codes < 0).any():
            raise _refusal("Le panel n'est pas équilibré.", "chaque unité doit avoir une ligne à chaque période")

        def grid(name: str) -> np.ndarray:
            values = np.empty(shape)
            values.flat[place] = frame[name].to_numpy(float, na_value=np.nan)
            return values

        starts = np.nan_to_num(grid(columns["cohort"]))
        if (starts != starts[0]).any():
            raise _refusal("Une unité change de cohorte.", "une unité commence une seule fois")
        never = ~(starts[0] > 0) | (starts[0] > periods[-1])
        weights = grid(weight)[0] if weight else np.ones(shape[1])
        return cls(grid(columns["outcome"]), periods, np.where(never, np.inf, starts[0]),
                   np.stack([grid(name) for name in covariates], axis=2) if covariates else np.empty((*shape, 0)),
                   weights / weights.mean())

    def design(self, rank: int) -> np.ndarray:
        """A constant and the covariates of one period, each of mean zero and spread one: no estimate depends on it."""
        values = self.covariates[rank]
        spread = values.std(axis=0)
        return np.column_stack([np.ones(len(values)), (values - values.mean(axis=0)) / np.where(spread > 0, spread, 1)])


def _estimate(panel: Panel, control: Control, method: Method, base: Base, anticipation: int) -> GroupTimeEffects:
    groups = np.unique(panel.cohorts[np.isfinite(panel.cohorts) & (panel.cohorts > panel.periods[0])])
    cells = [(group, early, late) for group in groups
             for late in range(1 if base == "varying" else 0, len(panel.periods))
             if (early := _base_period(panel.periods, late, group, base, anticipation)) is not None]
    estimates, influence = np.zeros(len(cells)), np.zeros((len(cells), len(panel.cohorts)))
    failed: dict[int, NotEstimable] = {}
    steady = not (panel.covariates != panel.covariates[:1]).any()
    alike: dict[tuple, list[int]] = {}
    for rank, (group, early, late) in enumerate(cells):
        latest = np.inf if control == "never" else panel.periods[max(early, late)] + anticipation
        if early != late:
            alike.setdefault((group, latest, 0 if steady else min(early, late)), []).append(rank)
    for (group, latest, moment), ranks in alike.items():
        used = np.flatnonzero((panel.cohorts == group) | (panel.cohorts > latest) | np.isinf(panel.cohorts))
        early, late = (np.array([cells[rank][place] for rank in ranks]) for place in (1, 2))
        change = panel.outcome[late[:, None], used] - panel.outcome[early[:, None], used]
        estimator = ESTIMATORS[method if panel.covariates.shape[2] else "reg"]
        try:
            effects, inside = estimator(change, (panel.cohorts[used] == group).astype(float),
                                        panel.design(moment)[used], panel.weights[used])
        except NoOverlapError as reason:
            failed |= {rank: NotEstimable(f"cohorte {group:g}, période {panel.periods[cells[rank][2]]:g}", str(reason))
                       for rank in ranks}
            continue
        estimates[ranks] = effects
        influence[np.ix_(ranks, used)] = inside * len(panel.cohorts) / len(used)
    found = [rank for rank in range(len(cells)) if rank not in failed]
    return GroupTimeEffects(
        np.array([cells[rank][0] for rank in found]), panel.periods[[cells[rank][2] for rank in found]],
        estimates[found], (influence[found] if failed else influence).T, panel.cohorts, panel.weights,
        tuple(failed[rank] for rank in sorted(failed)))


def _base_period(periods: np.ndarray, late: int, group: float, base: Base, anticipation: int) -> int | None:
    """Index of the period compared with: the last one before treatment, or the one before if all are before it."""
    before = np.flatnonzero(periods + anticipation < group)
    if not len(before):
        return None
    if base == "universal" or periods[late] + anticipation >= group:
        return int(before[-1])
    return late - 1


def _refusal(what: str, why: str) -> UserError:
    return UserError(what, where=SUBJECT, why=why, remedy="corriger l'appel ou préparer le panel")
