"""Effect of a first contact on access: one target trial a month, stacked, later contacts censored.

Here: the primary estimator of methods 4.1. In trial g, whoever was not met before g and is at risk is compared by
exact stratum of the month before: met in g against not met in g, the latter censored at their own later contact and
weighted by the inverse of the probability of staying unmet. Covariates, if given, adjust within the strata, doubly
robustly: right if either the chance of being met or the outcome without contact is. Not here: who is at risk (the
marts), the label printed (``labels``). With controls that were all met one day the estimate is biased upwards, whatever
the strata: it is the bias that the simulator reproduces, and the reason for the label « associatif (guichet) ».
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

import numpy as np
import pandas as pd
from scipy import special

from tznr_platform.errors import UserError
from tznr_platform.estimation.design import load_design
from tznr_platform.estimation.interval import student_interval
from tznr_platform.estimation.nuisance import Learner, one_thread
from tznr_platform.estimation.panel import AccessPanel
from tznr_platform.estimation.stacking import Outcome, Trials, prepare
from tznr_platform.estimation.verdict import NotEstimable
from tznr_platform.french import number, share

if TYPE_CHECKING:
    import altair as alt


@dataclass(frozen=True)
class AccessEffect:
    """Difference of the share open at the horizon, contact minus no contact, among those met (``contacted_count``).

    ``open_share`` and ``counterfactual_share`` make the difference; ``standard_error``: jackknife over clusters.
    ``supported_share``: those met who had a comparison in their stratum; ``effective_controls``: Kish, out of
    ``control_count`` person-trials; ``known_share``: those met whose outcome is known; ``lowest_left_out`` and
    ``highest_left_out``: range of the estimate when one cluster is left out.
    """

    horizon_months: int
    estimate: float
    open_share: float
    counterfactual_share: float
    standard_error: float
    contacted_count: int
    supported_share: float
    effective_controls: float
    control_count: int
    cluster_count: int
    known_share: float
    lowest_left_out: float
    highest_left_out: float
    channel_code: str = ""
    outcome_code: Outcome = "open"
    design_sha256: str = ""

    @property
    def low(self) -> float:
        return student_interval(self.estimate, self.standard_error, self.cluster_count)[0]

    @property
    def high(self) -> float:
        return student_interval(self.estimate, self.standard_error, self.cluster_count)[1]

    @property
    def p_value(self) -> float:
        """Two-sided, Student with as many degrees of freedom as clusters less one."""
        if not self.standard_error:
            return 1.0 if not self.estimate else 0.0
        return float(2 * special.stdtr(self.cluster_count - 1, -abs(self.estimate) / self.standard_error))

    def to_frame(self) -> pd.DataFrame:
        """One row: the fields and the bounds of the 95 % interval."""
        return pd.DataFrame([{**vars(self), "low": self.low, "high": self.high, "p_value": self.p_value}])

    def plot(self) -> alt.Chart:
        """Estimate and interval."""
        from tznr_platform.estimation.interval_chart import interval_chart

        rows = self.to_frame().assign(label=[f"{self.horizon_months} mois"])
        return interval_chart(rows, label="label", value="estimate", low="low", high="high", axis="Différence de part",
                              title="Droit ouvert : avec contact, moins sans contact")

    def explain(self) -> str:
        """What the number says and does not say, in French."""
        return (f"Après {self.horizon_months} mois, le droit est ouvert pour {share(self.open_share)} des personnes "
                f"rencontrées ({self.contacted_count}) ; sans contact, il l'aurait été pour "
                f"{share(self.counterfactual_share)} : différence de {_points(self.estimate)}, intervalle à 95 % de "
                f"{_points(self.low)} à {_points(self.high)} ({self.cluster_count} territoires). "
                "La comparaison ne vaut que si, à situation égale, être rencontré ne dépend pas du droit à venir.")


def sequential_trials(contact_month: np.ndarray, is_open: np.ndarray, stratum: np.ndarray, *, trial_months: range,
                      horizons: tuple[int, ...], clusters: np.ndarray, at_risk: np.ndarray | None = None,
                      covariates: np.ndarray | None = None, channel: np.ndarray | None = None,
                      of_channel: str | None = None, outcome: Outcome = "open", learner: Learner = "logistic",
                      folds: int | None = None, seed: int | None = None) -> list[AccessEffect | NotEstimable]:
    """Effects by horizon. Arrays: persons (first contact, beyond the months if none; cluster code), persons x months
    (entitlement open, NaN unknown; stratum of the month, -1 when not at risk). The stratum of g-1 is used in trial g.

    ``covariates`` (persons x k): adjusted for, cross-fitted. ``channel`` and ``of_channel``: effect of contacts by that
    channel, other contacts censoring. ``UserError`` when the arrays do not agree or a horizon leaves the months.
    """
    panel = AccessPanel.of(contact_month, is_open, stratum, clusters, at_risk=at_risk, covariates=covariates,
                           channel=channel)
    return effects(panel, trial_months, horizons, of_channel=of_channel, outcome=outcome, learner=learner, folds=folds,
                   seed=seed)


def effects(panel: AccessPanel, trial_months: range, horizons: tuple[int, ...], *, of_channel: str | None = None,
            outcome: Outcome = "open", **options) -> list[AccessEffect | NotEstimable]:
    """The same from a panel; ``options`` of ``prepare``."""
    _require_months(panel, trial_months, horizons)
    if outcome not in get_args(Outcome):
        raise UserError(f"Résultat inconnu : {outcome}.", where="effet sur l'accès",
                        why="seuls existent " + " et ".join(get_args(Outcome)), remedy="choisir l'un d'eux")
    trials = prepare(panel, trial_months, channel=of_channel, **options)
    return _refused(trials, horizons) if isinstance(trials, NotEstimable) else _at(trials, horizons, outcome)


def effect_at(trials: Trials, horizon: int, outcome: Outcome = "open") -> AccessEffect | NotEstimable:
    """The comparison of prepared trials at a horizon, as a result."""
    found = trials.compared(horizon, outcome)
    if isinstance(found, NotEstimable):
        return found
    if trials.panel.is_open.min() == trials.panel.is_open.max():
        return NotEstimable(f"effet à {horizon} mois", "le droit est ouvert pour tous, ou pour personne")
    return AccessEffect(horizon, found.estimate, found.open_share, found.counterfactual_share, found.standard_error,
                        int(found.contacted), float(found.supported / found.contacted), found.effective_controls,
                        int(found.controls), len(found.left_out), found.known, float(found.left_out.min()),
                        float(found.left_out.max()), trials.channel or "", outcome, load_design().sha256)


def by_channel(panel: AccessPanel, trial_months: range, horizons: tuple[int, ...], *, outcome: Outcome = "open",
               **options) -> dict[str, list[AccessEffect | NotEstimable]]:
    """Effects of contacts by each channel met with in the panel, in the order of their codes."""
    codes = [str(code) for code in np.unique(panel.channel[panel.contact < panel.months]) if code]
    _require_months(panel, trial_months, horizons)
    trials = prepare(panel, trial_months, **options)
    if isinstance(trials, NotEstimable):
        return {code: _refused(trials, horizons) for code in codes}
    return {code: _at(trials.of_channel(code), horizons, outcome) for code in codes}


def cumulative_access(panel: AccessPanel, trial_months: range, months: int, **options) -> pd.DataFrame | NotEstimable:
    """Share whose entitlement opened at least once by each month since contact, with and without contact.

    One row a month from 0 to ``months``: month, open_share, counterfactual_share, estimate, low, high.
    """
    found = effects(panel, trial_months, tuple(range(months + 1)), outcome="opened_by", **options)
    refused = [one for one in found if isinstance(one, NotEstimable)]
    return refused[0] if refused else to_frame(found)


def _require_months(panel: AccessPanel, trial_months: range, horizons: tuple[int, ...]) -> None:
    if len(panel) and (not len(trial_months) or not horizons or min(trial_months) < 1
                       or max(trial_months) + max(horizons) >= panel.months):
        raise UserError("Les essais mensuels ne peuvent pas être construits.", where="effet sur l'accès",
                        why="un essai ou un horizon sort des mois observés",
                        remedy="fournir le panel personne-mois tel que le construit l'étape des indicateurs")


def _at(trials: Trials, horizons: tuple[int, ...], outcome: Outcome) -> list[AccessEffect | NotEstimable]:
    with one_thread():
        return [effect_at(trials, horizon, outcome) for horizon in horizons]


def _refused(why: NotEstimable, horizons: tuple[int, ...]) -> list[AccessEffect | NotEstimable]:
    return [NotEstimable(f"effet à {horizon} mois", why.reason) for horizon in horizons]


def to_frame(found: list[AccessEffect | NotEstimable]) -> pd.DataFrame:
    """One row an effect that could be estimated."""
    rows = [effect.to_frame() for effect in found if isinstance(effect, AccessEffect)]
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame()


def _points(difference: float) -> str:
    return f"{'+' if difference > 0 else ''}{number(100 * difference, 1)} points"
