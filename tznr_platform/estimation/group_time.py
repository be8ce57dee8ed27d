"""Group-time average effects with staggered starts, their influence functions and their aggregations.

Here: the estimator of Callaway and Sant'Anna (2021, Journal of Econometrics 225-2) on a balanced panel. Not here:
the two-period estimators it repeats (``two_period``), standard errors for few clusters (``clusters``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from tznr_platform.errors import UserError
from tznr_platform.estimation.two_period import ESTIMATORS, Method, NoOverlapError
from tznr_platform.estimation.verdict import NotEstimable, require_columns

Control = Literal["never", "not_yet"]
Base = Literal["varying", "universal"]
Kind = Literal["simple", "dynamic", "group", "calendar"]


@dataclass(frozen=True, eq=False)
class Aggregate:
    """One overall effect and its parts. ``influence``: n units x (1 + parts), the overall effect first.

    ``parts``: exposure (dynamic), group or period of each part; empty for the simple average.
    """

    kind: Kind
    parts: np.ndarray
    estimates: np.ndarray
    influence: np.ndarray = field(repr=False)

    @property
    def overall(self) -> float:
        return float(self.estimates[0])

    @property
    def standard_errors(self) -> np.ndarray:
        """Of the overall effect, then of each part; independent units, weights estimated too."""
        return standard_errors(self.influence)

    def to_frame(self) -> pd.DataFrame:
        """One row for the overall effect (part missing), then one a part."""
        return pd.DataFrame({"kind": self.kind, "part": [None, *self.parts.tolist()], "estimate": self.estimates,
                             "standard_error": self.standard_errors})


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

    def to_frame(self) -> pd.DataFrame:
        """One row per group and period."""
        return pd.DataFrame({"group": self.groups, "period": self.periods, "estimate": self.estimates,
                             "standard_error": self.standard_errors})

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

    def aggregate(self, kind: Kind) -> Aggregate | NotEstimable:
        """Weighted averages of the effects after treatment (``dynamic``: before it too); shares are estimated."""
        from tznr_platform.estimation.aggregation import aggregate

        return aggregate(self, kind)


def standard_errors(influence: np.ndarray) -> np.ndarray:
    """Of estimates whose influence functions are the columns (n units x estimates)."""
    return np.sqrt((influence**2).sum(axis=0)) / len(influence)


def group_time_effects(frame: pd.DataFrame, *, outcome: str, unit: str, period: str, cohort: str,
                       covariates: tuple[str, ...] = (), weight: str | None = None, control: Control = "never",
                       method: Method = "dr", base: Base = "varying",
                       anticipation: int = 0) -> GroupTimeEffects | NotEstimable:
    """Every ATT(g, t) of a balanced panel: one row a unit and period, ``cohort`` 0 or missing if never treated.

    ``control``: never-treated units, or those not yet treated by the later of the two periods compared. Covariates
    are taken at the earlier one. ``UserError`` for an unknown option, a missing column or an unbalanced panel.
    """
    _check(frame, (outcome, unit, period, cohort, *covariates, *([weight] if weight else [])), unit, period)
    if control not in ("never", "not_yet") or base not in ("varying", "universal") or method not in ESTIMATORS:
        raise _refusal("Option inconnue de l'estimation par cohorte.", "contrôle, méthode ou base non prévus")
    columns = {"outcome": outcome, "unit": unit, "period": period, "cohort": cohort}
    panel = _Panel.of(frame, columns, covariates, weight)
    if not (panel.cohorts > panel.periods[0]).any() or not np.isfinite(panel.cohorts).any():
        return NotEstimable("effets par cohorte", "aucune unité ne devient traitée pendant la période observée")
    return _estimate(panel, control, ESTIMATORS[method], base, anticipation)


@dataclass(frozen=True, eq=False)
class _Panel:
    """Outcome: units x periods. ``cohorts``: inf if never treated. Covariates: units x periods x k."""

    outcome: np.ndarray
    periods: np.ndarray
    cohorts: np.ndarray
    covariates: np.ndarray
    weights: np.ndarray

    @classmethod
    def of(cls, frame: pd.DataFrame, columns: dict[str, str], covariates: tuple[str, ...],
           weight: str | None) -> _Panel:
        rows = frame.sort_values([columns["unit"], columns["period"]], kind="stable")
        periods = np.sort(rows[columns["period"]].unique()).astype(float)
        shape = (len(rows) // len(periods), len(periods))

        def grid(name: str) -> np.ndarray:
            return rows[name].to_numpy(float).reshape(shape)

        starts = grid(columns["cohort"])[:, 0]
        never = ~(starts > 0) | (starts > periods[-1])
        weights = grid(weight)[:, 0] if weight else np.ones(shape[0])
        return cls(grid(columns["outcome"]), periods, np.where(never, np.inf, starts),
                   np.stack([grid(name) for name in covariates], axis=2) if covariates else np.empty((*shape, 0)),
                   weights / weights.mean())


def _estimate(panel: _Panel, control: Control, estimator, base: Base, anticipation: int) -> GroupTimeEffects:
    groups = np.unique(panel.cohorts[np.isfinite(panel.cohorts) & (panel.cohorts > panel.periods[0])])
    found, failed = [], []
    for group in groups:
        for late in range(1 if base == "varying" else 0, len(panel.periods)):
            early = _base_period(panel.periods, late, group, base, anticipation)
            if early is None:
                continue
            try:
                effect, influence = _effect(panel, group, (early, late), control, estimator, anticipation=anticipation)
            except NoOverlapError as reason:
                failed.append(NotEstimable(f"cohorte {group:g}, période {panel.periods[late]:g}", str(reason)))
                continue
            found.append((group, panel.periods[late], effect, influence))
    columns = [np.array([item[rank] for item in found]) for rank in range(3)]
    influence = np.stack([item[3] for item in found], axis=1) if found else np.empty((len(panel.cohorts), 0))
    return GroupTimeEffects(*columns, influence, panel.cohorts, panel.weights, tuple(failed))


def _base_period(periods: np.ndarray, late: int, group: float, base: Base, anticipation: int) -> int | None:
    """Index of the period compared with: the last one before treatment, or the one before if all are before it."""
    before = np.flatnonzero(periods + anticipation < group)
    if not len(before):
        return None
    if base == "universal" or periods[late] + anticipation >= group:
        return int(before[-1])
    return late - 1


def _effect(panel: _Panel, group: float, compared_periods: tuple[int, int], control: Control, estimator, *,
            anticipation: int) -> tuple[float, np.ndarray]:
    (early, late), count = compared_periods, len(panel.cohorts)
    if early == late:
        return 0.0, np.zeros(count)
    latest = panel.periods[max(early, late)] + anticipation
    compared = np.isinf(panel.cohorts) if control == "never" else panel.cohorts > latest
    treated = panel.cohorts == group
    used = treated | (compared & ~treated)
    design = np.column_stack([np.ones(count), panel.covariates[:, min(early, late)]])[used]
    change = (panel.outcome[:, late] - panel.outcome[:, early])[used]
    effect, inside = estimator(change, treated[used].astype(float), design, panel.weights[used])
    influence = np.zeros(count)
    influence[used] = inside * count / used.sum()
    return effect, influence


def _check(frame: pd.DataFrame, columns: tuple[str, ...], unit: str, period: str) -> None:
    require_columns(frame, columns, "effets par cohorte")
    rows, units, periods = len(frame), frame[unit].nunique(), frame[period].nunique()
    if rows != units * periods or frame.duplicated([unit, period]).any():
        raise _refusal("Le panel n'est pas équilibré.", "chaque unité doit avoir une ligne à chaque période")
    if frame[[name for name in columns if name != columns[3]]].isna().any().any():  # a missing cohort: never treated
        raise _refusal("Le panel contient des valeurs absentes.", "une valeur absente n'est jamais remplacée")


def _refusal(what: str, why: str) -> UserError:
    return UserError(what, where="effets par cohorte", why=why, remedy="corriger l'appel ou préparer le panel")
