"""Diagnostics of an effect on access: the monthly trials looked at from every side that could show them wrong.

Here: balance, overlap, path, placebos, leave-outs and bounds of one effect, from its panel and what the marts say of
those nobody sees. Not here: the record and its promotion (``diagnostics``), the path (``event_study``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

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
from tznr_platform.estimation.event_study import PRETENDED, AccessPath, earlier, path_of, pretended, pretended_effect
from tznr_platform.estimation.interval import student_interval
from tznr_platform.estimation.labels import Evidence
from tznr_platform.estimation.nuisance import one_thread
from tznr_platform.estimation.panel import UNKNOWN, AccessPanel
from tznr_platform.estimation.pretrend import PreTrend, pre_trend
from tznr_platform.estimation.stacking import Compared, Outcome, Trials, learn
from tznr_platform.estimation.trials import AccessEffect, effect_at
from tznr_platform.estimation.verdict import NotEstimable

PAST = 6
SMALLEST_RATIO = 1e-9
PILOTS = "Sans les départements pilotes du trimestre de référence"


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


@dataclass(frozen=True, eq=False)
class Sides:
    """What the diagnostics of one panel are drawn from, learnt once for every channel, horizon and cohort.

    ``early``: contacts pretended earlier; ``placebos`` (persons x months) and ``left_out``: by French title. ``made``:
    what several effects share, made once.
    """

    trials: Trials
    early: Trials | NotEstimable
    placebos: Mapping[str, np.ndarray]
    left_out: Mapping[str, Trials | NotEstimable]
    made: dict[object, object] = field(default_factory=dict)

    def of_channel(self, channel: str) -> Sides:
        """The same for contacts by one channel."""
        def part(trials: Trials | NotEstimable) -> Trials | NotEstimable:
            return trials if isinstance(trials, NotEstimable) else trials.of_channel(channel)

        return Sides(part(self.trials), part(self.early), self.placebos,
                     {title: part(trials) for title, trials in self.left_out.items()})

    def once(self, key: object, make: Callable[[], object]) -> object:
        if key not in self.made:
            self.made[key] = make()
        return self.made[key]


def sides_of(panel: AccessPanel, placebos: Mapping[str, np.ndarray], schemes: Mapping[str, np.ndarray],
             **options) -> Sides | NotEstimable:
    """Learn what the effects of ``panel`` need; ``options`` of ``learn``.

    ``placebos``: persons x months of benefits that no action works on, by French title. ``schemes``: persons concerned
    by a concurrent scheme (mask), left out in turn.
    """
    trials = learn(panel, **options)
    if isinstance(trials, NotEstimable):
        return trials
    return Sides(trials, learn(pretended(panel), **options), placebos,
                 {title: learn(panel.only(~np.asarray(persons, bool)), **options)
                  for title, persons in schemes.items()})


def effect_of(sides: Sides, trial_months: range, horizon: int, outcome: Outcome) -> AccessEffect | NotEstimable:
    """The effect itself, from what was learnt; the same as ``effects`` gives."""
    return _effect(sides.trials, trial_months, horizon, outcome)


def diagnose(panel: AccessPanel, trial_months: range, effect: AccessEffect, circumstances: Circumstances, *,
             placebos: Mapping[str, np.ndarray], schemes: Mapping[str, np.ndarray],
             periods: Mapping[str, range] | None = None, **options) -> Diagnostics | NotEstimable:
    """Every diagnostic of ``effect``, which ``effects`` gave for the same panel, trials and ``options``.

    ``placebos`` and ``schemes`` as in ``sides_of``. ``periods``: trial months estimated alone, by title.
    """
    sides = sides_of(panel, placebos, schemes, **options)
    if isinstance(sides, NotEstimable):
        return sides
    sides = sides.of_channel(effect.channel_code) if effect.channel_code else sides
    return diagnose_from(sides, trial_months, effect, circumstances, periods or {})


def diagnose_from(sides: Sides, trial_months: range, effect: AccessEffect, circumstances: Circumstances,
                  periods: Mapping[str, range]) -> Diagnostics | NotEstimable:
    """The same, from what was learnt before."""
    horizon, outcome = effect.horizon_months, effect.outcome_code
    trials = sides.trials.over(trial_months)
    if isinstance(trials, NotEstimable):
        return trials
    balance, overlap, selection, path, *judged = sides.once((trial_months, horizon), lambda: _arms(trials, horizon))
    shares = effect.open_share, effect.counterfactual_share
    again = partial(_again, horizon=horizon, outcome=outcome)
    return Diagnostics(
        fingerprint(effect), _evidence(effect, circumstances, balance, overlap), balance, overlap, path, *judged,
        _e_value(effect), selection,
        date_placebo=_check("Contact prétendu six mois plus tôt",
                            sides.once(trial_months, lambda: _pretended(sides, trial_months))),
        outcome_placebos=tuple(again(title, sides.trials.with_outcome(is_open), trial_months)
                               for title, is_open in sides.placebos.items()) or (_absent("placebo de prestation"),),
        left_out=(*(again(title, other, trial_months) for title, other in sides.left_out.items()),
                  *(again(title, sides.trials, months) for title, months in periods.items()))
        or (_absent("dispositifs concurrents"),),
        match_error=match_errors(*shares, circumstances.match_share, circumstances.false_link_share),
        reporting_delay=late_declarations(*shares, circumstances.known_share),
        missing_territories=unseen(effect.estimate, circumstances.missing_share, "Territoires absents"),
        objections=unseen(effect.estimate, circumstances.objection_share, "Personnes opposées au traitement"))


def _arms(trials: Trials, horizon: int) -> tuple:
    """What depends on the persons compared and not on the outcome: balance, overlap, selection, path and its tests."""
    with one_thread():
        balance, overlap = trials_balance(trials, horizon), trials_overlap(trials, horizon)
        selection = _selection(trials, horizon)
    inside = replace(trials, trial_months=_inside(trials.trial_months, trials.panel, horizon))
    path = path_of(inside, before=PAST, after=horizon)
    return (balance, overlap, selection, path, _pre_trend(path, horizon), _honest(path, horizon, "relative_magnitude"),
            _honest(path, horizon, "smoothness"))


def _effect(trials: Trials | NotEstimable, trial_months: range, horizon: int,
            outcome: Outcome) -> AccessEffect | NotEstimable:
    """The effect of prepared trials in these months, or why there is none."""
    found = trials if isinstance(trials, NotEstimable) else trials.over(trial_months)
    if isinstance(found, NotEstimable):
        return NotEstimable(f"effet à {horizon} mois", found.reason)
    with one_thread():
        return effect_at(found, horizon, outcome)


def _again(title: str, trials: Trials | NotEstimable, trial_months: range, *, horizon: int,
           outcome: Outcome) -> Check | NotEstimable:
    """The same effect on other persons, months or outcomes."""
    return _check(title, _effect(trials, trial_months, horizon, outcome))


def _pretended(sides: Sides, trial_months: range) -> Compared | NotEstimable:
    if min(trial_months) <= PRETENDED:
        return NotEstimable("", "les mois observés ne remontent pas assez loin")
    early = sides.early
    return pretended_effect(early if isinstance(early, NotEstimable) else early.over(earlier(trial_months)))


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
    """Oster's delta on the stacked rows, controls with their weights; rows of one cell, arm and outcome are one row."""
    width = trials.cells.shape[1]
    if not trials.cells.covariates.shape[1]:
        return NotEstimable("sélection proportionnelle", "l'effet n'est ajusté sur aucune covariable")
    total = np.zeros(4 * width)
    for pair in trials.pairs(horizon):
        for arm, persons, place, weight in ((0, pair.control, pair.control_place, pair.weight),
                                            (1, pair.treated, pair.treated_place, np.ones(len(pair.treated)))):
            state = trials.outcome(persons, pair.month, horizon, "open")
            row = (2 * arm + (state == 1)) * width + place % width
            total += np.bincount(row, weight * (state != UNKNOWN), 4 * width)
    kept = np.flatnonzero(total > 0)
    kind, cell = np.divmod(kept, width)
    return proportional_selection(kind % 2, kind // 2, trials.cells.covariates[cell], total[kept])
