"""Labels by rule: each rule can only weaken, and none is stronger than the planned label."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tznr_platform.estimation.design import load_design
from tznr_platform.estimation.labels import Evidence, verdict

GOOD = Evidence("aller_vers", "not_yet_met", 39, True, True, 0.02, 0.6, 0.95, 0.01)
DESIGN = load_design()


def label(change: dict, estimand: str = "opening_after_outreach"):
    return verdict(DESIGN.estimand(estimand), replace(GOOD, **change), DESIGN)


def test_contacts_that_the_territory_decided_are_a_cause_and_desks_an_association():
    assert label({}).label == "causal_outreach" and not label({}).reasons
    assert label({"channel_code": "liste_croisement"}).label == "causal_outreach"
    for channel in ("guichet", "orientation_partenaire", "non_renseigne", ""):
        assert label({"channel_code": channel}).label == "associational_desk"


def test_no_label_is_stronger_than_the_planned_one():
    assert label({}, "opening_after_desk").label == "associational_desk"
    assert label({}, "retention_incidence").label == "not_identifiable"


@pytest.mark.parametrize("comparison", ["own_past", "none"])
def test_without_a_comparison_it_is_before_and_after(comparison):
    assert label({"comparison_code": comparison}).label == "before_after"


@pytest.mark.parametrize("change", [
    {"effective_share": 0.29}, {"effective_share": None}, {"worst_difference": 0.26}, {"worst_difference": None},
    {"worst_difference": 0.11, "is_adjusted": False}, {"cluster_count": 5}, {"is_detectable": False}])
def test_what_takes_the_cause_away(change):
    found = label(change)
    assert found.label == "not_identifiable" and found.reasons


def test_an_adjusted_effect_bears_a_moderate_difference():
    assert label({"worst_difference": 0.11}).label == "causal_outreach"


def test_a_desk_stays_an_association_with_little_overlap_but_not_when_arms_differ_too_much():
    assert label({"effective_share": 0.1}, "opening_after_desk").label == "associational_desk"
    assert label({"worst_difference": 0.3}, "opening_after_desk").label == "not_identifiable"


@pytest.mark.parametrize("change", [{"match_share": 0.84}, {"objection_share": 0.06}])
def test_too_many_unseen_leave_bounds_only(change):
    found = label(change)
    assert found.is_bounds_only and found.reasons
