"""Under which label a result may be printed: by rule, from the channel, the comparison and the diagnostics.

Here: the rules of methods 3 and 4.9 in one place. Not here: thresholds and words of labels (``design``), measures
(``balance``, ``bounds``, ``pretrend``). A rule can only weaken a label; none is stronger than the planned one.
"""

from __future__ import annotations

from dataclasses import dataclass

from tznr_platform.estimation.design import Design, Estimand, LabelCode
from tznr_platform.estimation.deviations import STRENGTH

NO_GROUP = ("own_past", "none")


@dataclass(frozen=True)
class Evidence:
    """What the rules read; shares from 0 to 1. ``is_detectable``: the largest effect is above the least one seen."""

    channel_code: str
    comparison_code: str
    cluster_count: int
    is_detectable: bool
    is_adjusted: bool
    worst_difference: float | None
    effective_share: float | None
    match_share: float
    objection_share: float


@dataclass(frozen=True)
class Verdict:
    """The label, whether only bounds may be printed, and the French reasons of every weakening."""

    label: LabelCode
    is_bounds_only: bool
    reasons: tuple[str, ...]


def verdict(estimand: Estimand, evidence: Evidence, design: Design) -> Verdict:
    """Label of one result of ``estimand``; ``evidence.channel_code`` empty: no channel is told apart."""
    rules, reasons = design.rules, []
    label = _by_design(evidence, design)
    if STRENGTH.index(label) > STRENGTH.index(estimand.label):
        label = estimand.label
    for is_wrong, reason in (
            (evidence.cluster_count < design.inference.least_clusters,
             f"moins de {design.inference.least_clusters} territoires"),
            (not evidence.is_detectable, "le plus grand effet possible n'est pas détectable"),
            (_above(evidence.worst_difference, rules.smd_blocked), "les deux groupes diffèrent trop avant le contact")):
        if is_wrong:
            label = "not_identifiable"
            reasons.append(reason)
    if label == "causal_outreach":
        weak = _not_causal(evidence, design)
        reasons += weak
        label = "not_identifiable" if weak else label
    unseen = {"trop peu de personnes sont retrouvées par les organismes": evidence.match_share < rules.match_share,
              "trop de personnes s'opposent au traitement": evidence.objection_share > rules.objection_share}
    only = [reason for reason, is_wrong in unseen.items() if is_wrong]
    return Verdict(label, bool(only), tuple(reasons + only))


def _by_design(evidence: Evidence, design: Design) -> LabelCode:
    if evidence.comparison_code in NO_GROUP:
        return "before_after"
    return "causal_outreach" if evidence.channel_code in design.outreach_channels else "associational_desk"


def _not_causal(evidence: Evidence, design: Design) -> list[str]:
    """Why a contact that the territory decided is still not compared well enough to be called a cause."""
    rules, reasons = design.rules, []
    if evidence.effective_share is None or evidence.effective_share < rules.overlap_ess_share:
        reasons.append("trop peu de personnes comparables, une fois pondérées")
    if evidence.worst_difference is None or (
            evidence.worst_difference > rules.smd_adjust and not evidence.is_adjusted):
        reasons.append("les deux groupes diffèrent avant le contact et l'effet n'en tient pas compte")
    return reasons


def _above(value: float | None, limit: float) -> bool:
    return value is not None and value > limit
