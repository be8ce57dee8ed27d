"""Deviations from the locked design are printed by themselves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tznr_platform.estimation.design import load_design
from tznr_platform.estimation.deviations import Done, deviations

DESIGN = load_design()
AS_PLANNED = Done("opening_after_outreach", "RSA", 6, "open_at_horizon", "not_yet_met", "2024-01", "2025-12",
                  "causal_outreach", DESIGN.sha256)


def whole_plan() -> list[Done]:
    """Everything the design asks for, done as it asks."""
    return [Done(e.code, benefit, horizon, e.outcome, e.comparison, "2024-01", "2025-02", e.label, DESIGN.sha256)
            for e in DESIGN.estimands for benefit in e.benefits or ("",) for horizon in e.horizon_months]


def test_the_whole_plan_done_as_planned_deviates_in_nothing():
    assert deviations(whole_plan(), DESIGN) == ()


@pytest.mark.parametrize(("change", "word"), [
    ({"horizon_months": 9}, "horizon non prévu (9 mois)"), ({"benefit_code": "AAH"}, "prestation non prévue"),
    ({"outcome_code": "requested"}, "résultat non prévu"), ({"comparison_code": "none"}, "comparaison non prévue"),
    ({"comparison_code": "comparison_persons"}, "sans base légale"), ({"design_sha256": "0"}, "autre protocole"),
    ({"first_month": "2023-07"}, "hors de la cohorte"), ({"last_month": "2026-06"}, "dernier mois prévu"),
    ({"estimand_code": "league_table"}, "Quantité non prévue"), ({"is_estimated": False}, "non estimable")])
def test_every_difference_is_told(change, word):
    found = deviations([replace(AS_PLANNED, **change), *whole_plan()[1:]], DESIGN)
    assert any(word in sentence for sentence in found)


def test_a_stronger_label_is_told_and_a_weaker_one_is_not():
    desk = replace(AS_PLANNED, estimand_code="opening_after_desk", label="causal_outreach")
    assert any("libellé plus fort" in sentence for sentence in deviations([desk], DESIGN))
    weaker = replace(AS_PLANNED, label="not_identifiable")
    assert not any("libellé" in sentence for sentence in deviations([weaker], DESIGN))


def test_what_was_planned_and_not_done_is_told():
    found = deviations([], DESIGN)
    assert len(found) == len(whole_plan()) and all("prévue, non estimée" in sentence for sentence in found)


def test_a_legal_basis_allows_comparison_persons():
    run = replace(AS_PLANNED, comparison_code="comparison_persons")
    assert not any("base légale" in one for one in deviations([run], DESIGN, legal_basis_ref="decret"))
