"""No estimate without its diagnostics; every threat is measured or says why it could not be."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from tznr_platform.errors import ExitCode, UserError
from tznr_platform.estimation.access_diagnostics import Circumstances, diagnose
from tznr_platform.estimation.bounds import Bounds
from tznr_platform.estimation.diagnostics import Check, Diagnostics, fingerprint, promote
from tznr_platform.estimation.panel import AccessPanel
from tznr_platform.estimation.trials import AccessEffect, effects
from tznr_platform.estimation.verdict import NotEstimable
from tznr_platform.synthetic.natural_take_up import MONTHS, natural_take_up

TRIALS, HORIZON, PERSONS, ESTIMAND = range(14, 40), 3, 12_000, "opening_after_outreach"
SEEN = Circumstances("not_yet_met", match_share=0.95, false_link_share=0.01, known_share=0.98, objection_share=0.01,
                     missing_share=0.1)


@pytest.fixture(scope="module")
def panel() -> AccessPanel:
    drawn = natural_take_up(PERSONS, seed=5, with_eager=True)
    age = drawn.eligible_months
    stratum = np.where(age < 0, -1, 2 * np.minimum(age, 30) + drawn.is_open)
    return AccessPanel.of(drawn.contact_month, drawn.is_open, stratum, np.arange(PERSONS) % 39,
                          covariates=drawn.is_eager[:, None], channel=np.full(PERSONS, "aller_vers"))


@pytest.fixture(scope="module")
def effect(panel) -> AccessEffect:
    return effects(panel, TRIALS, (HORIZON,), of_channel="aller_vers")[0]


@pytest.fixture(scope="module")
def diagnosed(panel, effect) -> Diagnostics:
    idle = np.random.default_rng(1).random((PERSONS, 1)) < np.full(MONTHS, 0.3)
    return diagnose(panel, TRIALS, effect, SEEN, placebos={"Prestation étrangère à l'action": idle},
                    schemes={"Sans les départements pilotes": np.arange(PERSONS) % 39 < 5},
                    periods={"Contacts antérieurs à la réforme": range(14, 26)})


def test_every_threat_is_measured(diagnosed, effect):
    measured = [part for field in fields(diagnosed) for part in np.atleast_1d(getattr(diagnosed, field.name))]
    assert not [part for part in measured if isinstance(part, NotEstimable)]
    placebo, without, early = *diagnosed.outcome_placebos, *diagnosed.left_out
    assert placebo.low < 0 < placebo.high
    assert [one.estimate for one in (without, early)] == pytest.approx([effect.estimate] * 2, abs=0.05)
    assert diagnosed.e_value.point > diagnosed.e_value.limit > 1
    assert diagnosed.missing_territories.low < effect.estimate < diagnosed.missing_territories.high


def test_the_table_has_no_hole(diagnosed):
    frame = diagnosed.to_frame()
    measured = {field.name for field in fields(diagnosed)} - {"estimate_sha256", "evidence"}
    assert measured == set(frame["diagnostic_code"])
    assert not frame["value"].isna().any() and (frame["reason"] == "").all()


def test_promotion_gives_the_label_and_the_words(diagnosed, effect):
    promoted = promote(ESTIMAND, effect, diagnosed)
    assert promoted.label == "causal (aller-vers)" and not promoted.bounds
    text = promoted.explain()
    assert "[causal (aller-vers)]" in text and "Un passé plat ne prouve rien" in text and "distinct de zéro" in text


def test_too_few_matches_leave_bounds_in_place_of_the_number(diagnosed, effect):
    seen = replace(diagnosed, evidence=replace(diagnosed.evidence, match_share=0.8))
    promoted = promote(ESTIMAND, effect, seen)
    assert promoted.bounds and effect.explain() not in promoted.explain()


@pytest.mark.parametrize("change", ["absent", "incomplete", "of another", "other design", "not estimable"])
def test_an_estimate_is_not_promoted_without_its_own_diagnostics(diagnosed, effect, change):
    estimate, given = effect, diagnosed
    if change == "absent":
        given = None
    if change == "incomplete":
        given = replace(diagnosed, pre_trend=None)
    if change == "of another":
        estimate = replace(effect, estimate=0.3)
    if change == "other design":
        estimate = replace(effect, design_sha256="0")
        given = replace(diagnosed, estimate_sha256=fingerprint(estimate))
    if change == "not estimable":
        estimate = NotEstimable("effet", "la cohorte est vide")
    with pytest.raises(UserError) as refusal:
        promote(ESTIMAND, estimate, given)
    assert refusal.value.exit_code is ExitCode.GATE_REFUSED


def test_what_could_not_be_measured_is_said_and_does_not_stop_promotion(panel, effect):
    short = range(14, 20)
    bare = panel.with_outcome(np.where(np.arange(MONTHS) < 12, np.nan, panel.is_open))
    found, = effects(bare, short, (HORIZON,), of_channel="aller_vers")
    told = diagnose(bare, short, found, SEEN, placebos={}, schemes={})
    reasons = told.to_frame().query("reason != ''")
    assert {"path", "pre_trend", "honest_magnitude", "outcome_placebos", "left_out"} <= set(reasons["diagnostic_code"])
    assert "non estimable" in promote(ESTIMAND, found, told).explain()


def test_a_check_says_when_it_is_not_zero():
    assert "distinct" in Check("Placebo", 0.2, 0.1, 0.3).explain()
    assert "distinct" not in Check("Placebo", 0.2, -0.1, 0.3).explain()
    assert Bounds("Territoires absents", 0.1, 0.0, 0.2).explain().startswith("Territoires absents")
