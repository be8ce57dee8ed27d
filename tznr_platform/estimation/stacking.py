"""Monthly trials stacked: who is compared with whom, with which weight, and the sums that make an estimate.

Here: pairs of arms by trial and stratum, chances of contact, comparisons at any offset, without each cluster too.
Not here: the results that are read (``trials``, ``event_study``), the models of chances (``nuisance``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from tznr_platform.estimation.design import load_design
from tznr_platform.estimation.nuisance import EDGE, Cells, Learner, folds_of, one_thread, require_learner
from tznr_platform.estimation.panel import UNKNOWN, AccessPanel
from tznr_platform.estimation.verdict import NotEstimable

SUBJECT, SMALLEST_STAYING = "effet sur l'accès", 0.05
Outcome = Literal["open", "opened_by"]


@dataclass(frozen=True, eq=False)
class Compared:
    """One comparison at an offset from contact: totals, and the estimate without each cluster (``left_out``)."""

    open_share: float
    counterfactual_share: float
    left_out: np.ndarray
    contacted: float
    supported: float
    effective_controls: float
    controls: float
    known: float

    @property
    def estimate(self) -> float:
        return self.open_share - self.counterfactual_share

    @property
    def standard_error(self) -> float:
        return float(np.sqrt(jackknife_covariance(self.left_out[:, None], np.array([self.estimate]))[0, 0]))


@dataclass(frozen=True, eq=False)
class Arms:
    """One trial on its first day: persons met, and not met of the strata where somebody was (``slot``).

    ``place``: cell of the month before; ``odds``: relative chance of being met in the month rather than not at all;
    ``until``: month in which whoever was not met is met at last.
    """

    treated: np.ndarray
    control: np.ndarray
    treated_slot: np.ndarray
    control_slot: np.ndarray
    treated_place: np.ndarray
    control_place: np.ndarray
    odds: np.ndarray
    until: np.ndarray


@dataclass(frozen=True, eq=False)
class Pair:
    """One trial seen later: persons met, and those still unmet with their weights; ``odds`` is part of the weight."""

    month: int
    treated: np.ndarray
    control: np.ndarray
    treated_slot: np.ndarray
    control_slot: np.ndarray
    treated_place: np.ndarray
    control_place: np.ndarray
    odds: np.ndarray
    weight: np.ndarray
    is_capped: np.ndarray

    @property
    def slots(self) -> int:
        return int(self.treated_slot.max()) + 1 if len(self.treated) else 0


@dataclass(frozen=True, eq=False)
class Trials:
    """A panel with its chances of contact: ``staying`` unmet (log, n x months + 1), ``met`` by fold and cell.

    ``arms``: what was drawn of each trial, kept for other horizons, months and outcomes of the same persons.
    """

    panel: AccessPanel
    trial_months: range
    channel: str | None
    cells: Cells
    met: np.ndarray
    exposed: np.ndarray
    met_so: np.ndarray
    staying: np.ndarray
    learner: Learner
    seed: int
    arms: dict[int, Arms] = field(default_factory=dict)

    def of_channel(self, channel: str) -> Trials:
        """The same trials for contacts by one channel: other contacts censor, as in any trial."""
        with one_thread():
            events = _contacts(self.panel, self.cells, (self.panel.contact < self.panel.months)
                               & (self.panel.channel == channel))
            chance = self.cells.predicted(events, self.exposed, self.learner, self.seed)
        return replace(self, channel=channel, met_so=chance, arms={})

    def over(self, trial_months: range) -> Trials | NotEstimable:
        """The same for other trials; not estimable when the covariates tell in each of them who is met."""
        whole = self if self.channel is None else replace(self, channel=None, met_so=self.met, arms={})
        if _separates(replace(whole, trial_months=trial_months)):
            return NotEstimable(SUBJECT, "les covariables séparent parfaitement les personnes rencontrées des autres")
        return replace(self, trial_months=trial_months)

    def with_outcome(self, is_open: np.ndarray) -> Trials:
        """The same persons, met and compared alike, with another entitlement as the outcome."""
        return replace(self, panel=self.panel.with_outcome(is_open))

    def pairs(self, offset: int, through: int | None = None) -> Iterator[Pair]:
        """Trial by trial, who is compared with whom, unmet through ``through`` (default: the offset) for controls."""
        through = max(offset, 0) if through is None else through
        for month in self.trial_months:
            if month not in self.arms:
                self.arms[month] = self._arms(month)
            arms = self.arms[month]
            stays = arms.until > month + through
            control, odds = arms.control[stays], arms.odds[stays]
            weight = np.exp(self.staying[control, month + 1] - self.staying[control, month + through + 1])
            is_capped = weight > 1 / SMALLEST_STAYING
            yield Pair(month, arms.treated, control, arms.treated_slot, arms.control_slot[stays], arms.treated_place,
                       arms.control_place[stays], odds, np.minimum(weight, 1 / SMALLEST_STAYING) * odds, is_capped)

    def _arms(self, month: int) -> Arms:
        panel = self.panel
        kind = panel.stratum[:, month - 1].astype(np.int64) + 1
        risk = panel.at_risk[:, month - 1]
        arrived = risk & (panel.contact == month)
        treated = np.flatnonzero(arrived if self.channel is None else arrived & (panel.channel == self.channel))
        slot = np.full(kind.max() + 1, -1)
        here = np.unique(kind[treated])
        slot[here] = np.arange(len(here))
        control = np.flatnonzero(risk & (panel.contact > month) & (slot[kind] >= 0))
        places = [self.cells.place(persons, month - 1) for persons in (treated, control)]
        return Arms(treated, control, slot[kind[treated]], slot[kind[control]], *places, self.odds(places[1]),
                    panel.contact[control])

    def odds(self, place: np.ndarray) -> np.ndarray:
        """Relative chance, in these cells, of being met in the month (by the channel) rather than not at all."""
        if not self.cells.covariates.shape[1]:
            return np.ones(len(place))
        return self.met_so.ravel()[place] / (1 - self.met.ravel()[place])

    def outcome(self, persons: np.ndarray, month: int, offset: int, kind: Outcome) -> np.ndarray:
        """1, 0 or UNKNOWN at ``month + offset``; ``opened_by``: at least once from the month of contact on."""
        states = self.panel.is_open
        if kind == "open" or offset < 0:
            return states[persons, month + offset]
        window = states[persons, month:month + offset + 1]
        opened = (window == 1).any(axis=1)
        return np.where(opened, 1, np.where((window == UNKNOWN).any(axis=1), UNKNOWN, 0)).astype(np.int8)

    def compared(self, offset: int, kind: Outcome = "open", through: int | None = None) -> Compared | NotEstimable:
        """The comparison at an offset from contact, in months (negative: before)."""
        subject, known, seen = f"effet à {offset} mois", 0.0, 0.0
        expected, sums = self._expected(offset, kind, through), []
        for pair in self.pairs(offset, through):
            later, other = (self.outcome(persons, pair.month, offset, kind) for persons in (pair.treated, pair.control))
            seen, known = seen + len(later), known + (later != UNKNOWN).sum()
            sums.append(self._sums(pair, later, other, expected))
        if not seen:
            return NotEstimable(subject, "personne n'a été rencontré parmi les personnes à risque")
        if not known:
            return NotEstimable(subject, "le résultat n'est connu pour aucune des personnes rencontrées")
        return _compared(np.concatenate(sums, axis=2), subject, known / seen)

    def _expected(self, offset: int, kind: Outcome, through: int | None) -> np.ndarray | None:
        """Chance of the outcome without contact, by fold and cell, from the controls; None without covariates."""
        if not self.cells.covariates.shape[1] or not self.trial_months:
            return None
        rows = []
        for pair in self.pairs(offset, through):
            state = self.outcome(pair.control, pair.month, offset, kind)
            weight = pair.weight / pair.odds * (state != UNKNOWN)
            rows.append((pair.control_place, weight, weight * (state == 1)))
        place, weight, opened = (np.concatenate(one) for one in zip(*rows, strict=True))
        events, total = (np.bincount(place, one, np.prod(self.cells.shape)).reshape(self.cells.shape)
                         for one in (opened, weight))
        return self.cells.predicted(events, total, self.learner, self.seed)

    def _sums(self, pair: Pair, later: np.ndarray, other: np.ndarray, expected: np.ndarray | None) -> np.ndarray:
        """By figure, cluster and stratum: met, open, expected; weights of the others, rest, squares, number."""
        groups = int(self.panel.group.max()) + 1
        shape = (groups, pair.slots)
        predicted = [np.zeros(len(place)) if expected is None else expected.ravel()[place]
                     for place in (pair.treated_place, pair.control_place)]
        arms = [(pair.treated, pair.treated_slot, later != UNKNOWN),
                (pair.control, pair.control_slot, other != UNKNOWN)]
        weight = pair.weight * arms[1][2]
        figures = [(0, arms[0][2]), (0, later == 1), (0, predicted[0] * arms[0][2]), (1, weight),
                   (1, weight * ((other == 1) - predicted[1])), (1, weight**2), (1, arms[1][2])]
        return np.stack([np.bincount(self.panel.group[arms[arm][0]] * pair.slots + arms[arm][1], values,
                                     shape[0] * shape[1]).reshape(shape) for arm, values in figures])


def prepare(panel: AccessPanel, trial_months: range, *, channel: str | None = None,
            **options) -> Trials | NotEstimable:
    """What ``learn`` learns, for these trials and contacts by one channel (None: by any)."""
    learnt = learn(panel, **options)
    trials = learnt if isinstance(learnt, NotEstimable) else learnt.over(trial_months)
    return trials if channel is None or isinstance(trials, NotEstimable) else trials.of_channel(channel)


def learn(panel: AccessPanel, *, learner: Learner = "logistic", folds: int | None = None,
          seed: int | None = None) -> Trials | NotEstimable:
    """Learn who is met and who stays unmet, from the months of the panel; folds and seed are those of the design."""
    require_learner(learner)
    inference = load_design().inference
    if not len(panel) or not panel.months:
        return NotEstimable(SUBJECT, "la cohorte est vide")
    if not np.isfinite(panel.covariates).all():
        return NotEstimable(SUBJECT, "une covariable manque : une valeur absente n'est jamais remplacée")
    seed = inference.seed if seed is None else seed
    fold = folds_of(panel.group, inference.folds if folds is None else folds, seed)
    cells = Cells.of(panel.stratum, panel.covariates, fold)
    with one_thread():
        exposed = _exposed(panel, cells)
        chance = cells.predicted(_contacts(panel, cells, panel.contact < panel.months), exposed, learner, seed)
    step = np.log1p(-chance).ravel()
    staying = np.zeros((len(panel), panel.months + 1))
    for month in range(1, panel.months):
        staying[:, month + 1] = staying[:, month] + step[cells.place(slice(None), month - 1)]
    return Trials(panel, range(1, panel.months), None, cells, chance, exposed, chance, staying, learner, seed)


def jackknife_covariance(left_out: np.ndarray, estimate: np.ndarray) -> np.ndarray:
    """Covariance (k x k) from estimates without each cluster (clusters x k) around the whole (k): CRV3's jackknife."""
    gap = left_out - estimate
    return (len(gap) - 1) / len(gap) * gap.T @ gap


def _exposed(panel: AccessPanel, cells: Cells) -> np.ndarray:
    """Person-months unmet until then, by fold and cell of the month before."""
    found = np.zeros(cells.shape)
    for month in range(1, panel.months):
        place = cells.place(panel.contact >= month, month - 1)
        found += np.bincount(place, minlength=found.size).reshape(found.shape)
    return found


def _contacts(panel: AccessPanel, cells: Cells, persons: np.ndarray) -> np.ndarray:
    """First contacts of some persons (mask), by fold and cell of the month before."""
    chosen = np.flatnonzero(persons & (panel.contact >= 1))
    place = cells.fold[chosen] * cells.shape[1] + cells.code[chosen, panel.contact[chosen] - 1]
    return np.bincount(place, minlength=cells.shape[0] * cells.shape[1]).reshape(cells.shape).astype(float)


def _separates(trials: Trials) -> bool:
    """Whether, in every stratum of every trial, whoever is met is likelier to be than whoever is not."""
    if not trials.cells.covariates.shape[1]:
        return False
    seen = False
    for pair in trials.pairs(0):
        lowest, highest = np.full(pair.slots, np.inf), np.full(pair.slots, -np.inf)
        np.minimum.at(lowest, pair.treated_slot, trials.odds(pair.treated_place))
        np.maximum.at(highest, pair.control_slot, pair.odds)
        if (lowest <= highest).any():
            return False
        seen = seen or np.isfinite(highest).any()
    return bool(seen)


def _compared(sums: np.ndarray, subject: str, known: float) -> Compared | NotEstimable:
    """From sums by figure, cluster and cell to the comparison and its leave-one-cluster-out estimates."""
    total = sums.sum(axis=1)
    open_share, counterfactual, supported = _shares(total)
    if not supported:
        return NotEstimable(subject, "aucune personne comparable n'est restée sans contact")
    left_out = np.array([_shares(total - one)[:2] for one in sums.swapaxes(0, 1)])
    if len(left_out) < 2 or not np.isfinite(left_out).all():
        return NotEstimable(subject, "une seule grappe porte toute l'information")
    met, _, _, weight, _, squares, count = total
    scale = np.divide(met, weight, out=np.zeros_like(met), where=weight > 0)
    effective = (scale @ weight) ** 2 / (scale**2 @ squares)
    return Compared(open_share, counterfactual, left_out[:, 0] - left_out[:, 1], met.sum(), supported,
                    float(effective), float(count[scale > 0].sum()), float(known))


def _shares(total: np.ndarray) -> tuple[float, float, float]:
    """Share open among the met who have a comparison, the same without contact, and how many they are."""
    met, met_open, expected, weight, rest, _, _ = total
    usable = (weight > EDGE) & (met > 0)
    supported = met[usable].sum()
    if not supported:
        return float("nan"), float("nan"), 0.0
    counterfactual = (expected[usable] + met[usable] * rest[usable] / weight[usable]).sum() / supported
    return float(met_open[usable].sum() / supported), float(counterfactual), float(supported)
