"""Diagnostics of an effect on access: the monthly trials looked at from every side that could show them wrong.

Here: balance, overlap, path, placebos, leave-outs and bounds of one effect, from its panel and what the marts say of
those nobody sees. Not here: the record and its promotion (``diagnostics``), the path (``event_study``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tznr_platform.estimation import honest_trends
from tznr_platform.estimation.balance import Balance, Overlap, trials_balance, trials_overlap
from tznr_platform.estimation.bounds import late_declarations, match_errors, unseen
from tznr_platform.estimation.confounding import (
    EValue,
    Selection,
    e_value,
    proportional_selection,
    risk_ratio_of_difference,
)
from tznr_platform.estimation.detectable import minimum_detectable_effect
from tznr_platform.estimation.diagnostics import Check, Diagnostics, fingerprint
from tznr_platform.estimation.event_study import AccessPath, date_placebo, event_study
from tznr_platform.estimation.interval import student_interval
from tznr_platform.estimation.labels import Evidence
from tznr_platform.estimation.nuisance import one_thread
from tznr_platform.estimation.panel import UNKNOWN, AccessPanel
from tznr_platform.estimation.pretrend import PreTrend, pre_trend
from tznr_platform.estimation.stacking import Compared, Trials, prepare
from tznr_platform.estimation.trials import AccessEffect, effects
from tznr_platform.estimation.verdict import NotEstimable

PAST = 6
SMALLEST_RATIO = 1e-9


@dataclass(frozen=True)
class Circumstances:
    """What the marts know of those nobody sees; shares from 0 to 1, none with a default: an unknown one stops.

    ``known_share``: part of the final state known at the delay of the vintage. ``missing_share``: persons of the
    territories that sent nothing, among all persons met.
    """

    comparison_code: str
    match_share: float
    false_link_share: float
    known_share: float
    objection_share: float
    missing_share: float


def diagnose(panel: AccessPanel, trial_months: range, effect: AccessEffect, circumstances: Circumstances, *,
             placebos: Mapping[str, np.ndarray], schemes: Mapping[str, np.ndarray],
             periods: Mapping[str, range] | None = None, **options) -> Diagnostics | NotEstimable:
    """Every diagnostic of ``effect``, which ``effects`` gave for the same panel, trials and ``options``.

    ``placebos``: persons x months of benefits that no action works on, by French title. ``schemes``: persons concerned
    by a concurrent scheme (mask), left out in turn. ``periods``: trial months estimated alone, by title.
    """
    horizon = effect.horizon_months
    told = {"channel": effect.channel_code or None, **options}
    trials = prepare(panel, trial_months, **told)
    if isinstance(trials, NotEstimable):
        return trials
    with one_thread():
        balance, overlap = trials_balance(trials, horizon), trials_overlap(trials, horizon)
        selection = _selection(trials, horizon)
    path = event_study(panel, _inside(trial_months, panel, horizon), before=PAST, after=horizon, **told)
    again = _Again(effect, options)
    shares = effect.open_share, effect.counterfactual_share
    return Diagnostics(
        fingerprint(effect), _evidence(effect, circumstances, balance, overlap), balance, overlap, path,
        _pre_trend(path, horizon), _honest(path, horizon, "relative_magnitude"), _honest(path, horizon, "smoothness"),
        _e_value(effect), selection,
        date_placebo=_check("Contact prétendu six mois plus tôt", date_placebo(panel, trial_months, **told)),
        outcome_placebos=tuple(again.check(title, panel.with_outcome(is_open), trial_months)
                               for title, is_open in placebos.items()) or (_absent("placebo de prestation"),),
        left_out=(*(again.check(title, panel.only(~np.asarray(persons, bool)), trial_months)
                    for title, persons in schemes.items()),
                  *(again.check(title, panel, months) for title, months in (periods or {}).items()))
        or (_absent("dispositifs concurrents"),),
        match_error=match_errors(*shares, circumstances.match_share, circumstances.false_link_share),
        reporting_delay=late_declarations(*shares, circumstances.known_share),
        missing_territories=unseen(effect.estimate, circumstances.missing_share, "Territoires absents"),
        objections=unseen(effect.estimate, circumstances.objection_share, "Personnes opposées au traitement"))


@dataclass(frozen=True)
class _Again:
    """The same effect on other persons, months or outcomes."""

    effect: AccessEffect
    options: Mapping[str, object]

    def check(self, title: str, panel: AccessPanel, trial_months: range) -> Check | NotEstimable:
        found, = effects(panel, trial_months, (self.effect.horizon_months,), outcome=self.effect.outcome_code,
                         of_channel=self.effect.channel_code or None, **self.options)
        return _check(title, found)


def _evidence(effect: AccessEffect, circumstances: Circumstances, balance: Balance | NotEstimable,
              overlap: Overlap | NotEstimable) -> Evidence:
    least = minimum_detectable_effect(effect.standard_error, degrees_of_freedom=effect.cluster_count - 1)
    return Evidence(effect.channel_code, circumstances.comparison_code, effect.cluster_count,
                    least < 1 - effect.counterfactual_share,
                    isinstance(balance, Balance) and bool(balance.names),
                    balance.worst if isinstance(balance, Balance) else None,
                    overlap.effective_share if isinstance(overlap, Overlap) else None,
                    circumstances.match_share, circumstances.objection_share)


def _check(title: str, found: AccessEffect | Compared | NotEstimable) -> Check | NotEstimable:
    if isinstance(found, NotEstimable):
        return NotEstimable(title, found.reason)
    clusters = found.cluster_count if isinstance(found, AccessEffect) else len(found.left_out)
    return Check(title, found.estimate, *student_interval(found.estimate, found.standard_error, clusters))


def _absent(subject: str) -> NotEstimable:
    return NotEstimable(subject, "rien n'a été fourni pour le mesurer")


def _inside(trial_months: range, panel: AccessPanel, horizon: int) -> range:
    """Trials whose whole path lies in the panel."""
    return range(max(trial_months.start, PAST), min(trial_months.stop, panel.months - horizon))


def _pre_trend(path: AccessPath | NotEstimable, horizon: int) -> PreTrend | NotEstimable:
    if isinstance(path, NotEstimable):
        return NotEstimable("test du passé", path.reason)
    return pre_trend(path.months, path.estimate, path.covariance, base=path.base, month=horizon)


def _honest(path: AccessPath | NotEstimable, horizon: int,
            restriction: honest_trends.Restriction) -> honest_trends.HonestTrends | NotEstimable:
    subject = "sensibilité aux tendances"
    if isinstance(path, NotEstimable):
        return NotEstimable(subject, path.reason)
    after = path.months[~path.before]
    study = honest_trends.EventStudy.of(path.estimate, path.covariance, int(path.before.sum()),
                                        (after == horizon).astype(float))
    return study if isinstance(study, NotEstimable) else honest_trends.honest_trends(study, restriction)


def _e_value(effect: AccessEffect) -> EValue | NotEstimable:
    if not 0 < effect.counterfactual_share <= 1 or not effect.open_share > 0:
        return NotEstimable("valeur E", "une des deux parts est nulle")
    ratio = risk_ratio_of_difference(effect.open_share, effect.counterfactual_share)
    low, high = ((effect.counterfactual_share + bound) / effect.counterfactual_share
                 for bound in (effect.low, effect.high))
    return e_value(ratio, min(max(low, SMALLEST_RATIO), ratio), max(high, ratio))


def _selection(trials: Trials, horizon: int) -> Selection | NotEstimable:
    """Oster's delta on the stacked rows, controls with their weights."""
    if not trials.cells.covariates.shape[1]:
        return NotEstimable("sélection proportionnelle", "l'effet n'est ajusté sur aucune covariable")
    rows = []
    for pair in trials.pairs(horizon):
        persons = np.concatenate([pair.treated, pair.control])
        state = trials.outcome(persons, pair.month, horizon, "open")
        treated = np.arange(len(persons)) < len(pair.treated)
        weight = np.where(state == UNKNOWN, 0, np.concatenate([np.ones(len(pair.treated)), pair.weight]))
        rows.append(np.column_stack([state == 1, treated, weight, trials.panel.covariates[persons]]))
    table = np.concatenate(rows)
    table = table[table[:, 2] > 0]
    return proportional_selection(table[:, 0], table[:, 1], table[:, 3:], table[:, 2])
