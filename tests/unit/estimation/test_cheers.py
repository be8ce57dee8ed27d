"""The CHEERS 2022 checklist: 28 items, filled in by results, never silently empty."""

from __future__ import annotations

import pytest

from tznr_platform.errors import UserError
from tznr_platform.estimation.avoided import AvoidedEvent
from tznr_platform.estimation.cheers import FROM_EVALUATORS, NOT_APPLICABLE, REPORTED, TO_COMPLETE, checklist, items
from tznr_platform.estimation.costs import Euros, Ledger, Perspective
from tznr_platform.estimation.fieller import cost_per_opening
from tznr_platform.estimation.psa import Psa, sensitivity
from tznr_platform.estimation.sampled import Sampled

OPENINGS = Sampled(500, 60, 39)


@pytest.fixture(scope="module")
def analysis() -> Psa:
    event = AvoidedEvent(event_code="aide_fsl", payer_code="DEPARTEMENT", unit_cost_low_eur=300,
                         unit_cost_central_eur=500, unit_cost_high_eur=800, price_year=2026, grade_code="B",
                         source_label="Étude inventée, 2025, p. 4", literature_share=0.0)
    return sensitivity(Euros(Perspective.PUBLIC, Ledger.PROGRAMME, 2026, 2e5), {"ouvertures": OPENINGS}, [event])


def test_items_are_the_twenty_eight_of_2022():
    assert [item.number for item in items()] == list(range(1, 29))
    assert len({item.topic for item in items()}) == 28


def test_results_fill_in_what_they_hold(analysis: Psa):
    costs = cost_per_opening({"21,6 M€": 21.6e6, "22,5 M€": 22.5e6}, 4000, OPENINGS)
    frame = checklist([analysis], costs).to_frame().set_index("number")
    reported = frame[frame["status_label"] == REPORTED]
    assert {1, 4, 8, 10, 14, 15, 17, 20, 22, 23, 24} <= set(reported.index)
    assert analysis.design_sha256 in frame.loc[4, "answer_label"]
    assert "Étude inventée" in frame.loc[14, "answer_label"]
    assert "22,5 M€" in frame.loc[23, "answer_label"]
    assert "aide_fsl" in frame.loc[24, "answer_label"] or "ouvertures" in frame.loc[24, "answer_label"]
    assert frame.loc[13, "status_label"] == NOT_APPLICABLE
    assert not frame["answer_label"].str.contains("[{}]").any()


def test_what_only_evaluators_know_is_asked_for_and_nothing_is_left_empty(analysis: Psa):
    result = checklist([analysis])
    assert {21, 25, 27, 28} <= set(result.to_complete)
    assert "à compléter : 2, " in result.explain()
    full = checklist([analysis], cost_per_opening({"a": 2e7}, 400, OPENINGS), dict.fromkeys(FROM_EVALUATORS, "dit"))
    assert full.to_complete == ()
    assert set(checklist([]).to_frame()["status_label"]) == {REPORTED, NOT_APPLICABLE, TO_COMPLETE}


def test_an_unknown_fact_stops(analysis: Psa):
    with pytest.raises(UserError, match="Renseignements inconnus"):
        checklist([analysis], evaluators={"meteo": "beau"})


def test_every_fact_of_the_items_has_a_source(analysis: Psa):
    from tznr_platform.estimation.cheers import _facts

    asked = {name for item in items() for name in item.facts}
    held = set(_facts([analysis], cost_per_opening({"a": 2e7}, 400, OPENINGS)))
    assert asked == held | FROM_EVALUATORS
