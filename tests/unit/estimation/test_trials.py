"""Monthly target trials where the truth is known: right on everybody, biased on the met, as in methods 4.1."""

from __future__ import annotations

import numpy as np
import pytest

from tznr_platform.errors import UserError
from tznr_platform.estimation.trials import AccessEffect, sequential_trials, to_frame
from tznr_platform.estimation.verdict import NotEstimable
from tznr_platform.synthetic.natural_take_up import MONTHS, NaturalTakeUp, natural_take_up

PERSONS, TRIALS, HORIZON, LONGEST = 120_000, range(14, 40), 6, 30


def estimated(drawn: NaturalTakeUp, chosen: np.ndarray | slice = slice(None)) -> AccessEffect:
    age = drawn.eligible_months
    stratum = np.where(age < 0, -1, 2 * np.minimum(age, LONGEST) + drawn.is_open).astype(np.int16)
    clusters = np.arange(len(age)) % 39
    return sequential_trials(drawn.contact_month[chosen], drawn.is_open[chosen], stratum[chosen], trial_months=TRIALS,
                             horizons=(HORIZON,), clusters=clusters[chosen])[0]


@pytest.fixture(scope="module")
def dependent() -> NaturalTakeUp:
    return natural_take_up(PERSONS, seed=1)


def test_the_full_population_gives_the_truth(dependent):
    found, truth = estimated(dependent), dependent.truth(TRIALS, HORIZON)
    assert truth == pytest.approx(0.175, abs=0.01)
    assert found.estimate == pytest.approx(truth, abs=0.01)
    assert found.low < truth < found.high and found.supported_share > 0.99


def test_controls_who_were_all_met_bias_the_effect_upwards(dependent):
    """Published bias: +30 %. Nobody must « repair » it: the data of the met cannot."""
    found, truth = estimated(dependent, dependent.contact_month < MONTHS), dependent.truth(TRIALS, HORIZON)
    assert 1.2 < found.estimate / truth < 1.4


def test_the_bias_comes_from_contact_that_depends_on_receipt():
    drawn = natural_take_up(PERSONS, seed=2, contact_depends_on_receipt=False)
    found = estimated(drawn, drawn.contact_month < MONTHS)
    assert found.estimate == pytest.approx(drawn.truth(TRIALS, HORIZON), abs=0.01)


def test_a_case_counted_by_hand():
    """Trial of month 1, horizon 1: two met (one opens), four unmet, of whom one is met in month 2 and is censored."""
    contact = np.array([1, 1, 9, 9, 9, 2])
    is_open = np.array([[0, 0, 1], [0, 0, 0], [0, 0, 1], [0, 0, 0], [0, 0, 0], [0, 0, 1]], bool)
    found, = sequential_trials(contact, is_open, np.zeros((6, 3), int), trial_months=range(1, 2), horizons=(1,),
                               clusters=np.array([1, 2, 1, 2, 3, 3]))
    assert (found.open_share, found.counterfactual_share) == (0.5, pytest.approx(1 / 3))
    assert found.estimate == pytest.approx(1 / 6) and found.contacted_count == 2
    assert to_frame([found])["estimate"].tolist() == [found.estimate]


def test_small_types_give_the_same_answer(dependent):
    some = slice(0, 20_000)
    age = dependent.eligible_months[some]
    stratum = np.where(age < 0, -1, np.minimum(age, LONGEST))
    options = {"trial_months": TRIALS, "horizons": (3, 6), "clusters": np.arange(20_000) % 39}
    wide = sequential_trials(dependent.contact_month[some].astype(np.int64), dependent.is_open[some].astype(float),
                             stratum.astype(np.int64), **options)
    assert wide == sequential_trials(dependent.contact_month[some], dependent.is_open[some], stratum.astype(np.int8),
                                     **options)


@pytest.mark.parametrize(("contact", "clusters", "word"), [
    ([9, 9, 9, 9], [1, 2, 1, 2], "personne"), ([1, 1, 1, 1], [1, 2, 1, 2], "sans contact"),
    ([1, 1, 9, 9], [1, 1, 1, 1], "grappe")])
def test_what_cannot_be_estimated_says_why(contact, clusters, word):
    found, = sequential_trials(np.array(contact), np.zeros((4, 3), bool), np.zeros((4, 3), int),
                               trial_months=range(1, 2), horizons=(1,), clusters=np.array(clusters))
    assert isinstance(found, NotEstimable) and word in found.reason


def test_a_horizon_outside_the_months_stops():
    with pytest.raises(UserError):
        sequential_trials(np.array([1]), np.zeros((1, 3), bool), np.zeros((1, 3), int), trial_months=range(1, 2),
                          horizons=(6,), clusters=np.array([1]))
