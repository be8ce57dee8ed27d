"""Monthly target trials where the truth is known: right on everybody, biased on the met, as in methods 4.1."""

from __future__ import annotations

import numpy as np
import pytest

from tznr_platform.errors import UserError
from tznr_platform.estimation.nuisance import folds_of
from tznr_platform.estimation.panel import AccessPanel
from tznr_platform.estimation.trials import (
    AccessEffect,
    by_channel,
    cumulative_access,
    effects,
    sequential_trials,
    to_frame,
)
from tznr_platform.estimation.verdict import NotEstimable
from tznr_platform.synthetic.natural_take_up import MONTHS, NEVER, NaturalTakeUp, natural_take_up

PERSONS, TRIALS, HORIZON, LONGEST = 120_000, range(14, 40), 6, 30


def estimated(drawn: NaturalTakeUp, chosen: np.ndarray | slice = slice(None)) -> AccessEffect:
    age = drawn.eligible_months
    stratum = np.where(age < 0, -1, 2 * np.minimum(age, LONGEST) + drawn.is_open).astype(np.int16)
    clusters = np.arange(len(age)) % 39
    return sequential_trials(drawn.contact_month[chosen], drawn.is_open[chosen], stratum[chosen], trial_months=TRIALS,
                             horizons=(HORIZON,), clusters=clusters[chosen])[0]


def panel_of(drawn: NaturalTakeUp, **options) -> AccessPanel:
    age = drawn.eligible_months
    stratum = np.where(age < 0, -1, 2 * np.minimum(age, LONGEST) + drawn.is_open).astype(np.int16)
    return AccessPanel.of(drawn.contact_month, drawn.is_open, stratum, np.arange(len(age)) % 39, **options)


@pytest.fixture(scope="module")
def eager() -> NaturalTakeUp:
    """Some take up and are met more often than others of the same stratum."""
    return natural_take_up(40_000, seed=5, with_eager=True)


@pytest.fixture(scope="module")
def dependent() -> NaturalTakeUp:
    return natural_take_up(PERSONS, seed=1)


def test_the_full_population_gives_the_truth(dependent):
    found, truth = estimated(dependent), dependent.truth(TRIALS, HORIZON)
    assert truth == pytest.approx(0.175, abs=0.01)
    assert found.estimate == pytest.approx(truth, abs=0.01)
    assert found.low < truth < found.high and found.supported_share > 0.99


def test_who_was_never_met_may_have_no_month(eager):
    """Empty, or beyond the months: the same persons; a hole cast to an integer would be a contact of long ago."""
    numbered, empty = eager.contact_month, np.where(eager.contact_month < MONTHS, eager.contact_month, np.nan)
    age = eager.eligible_months
    stratum = np.where(age < 0, -1, 2 * np.minimum(age, LONGEST) + eager.is_open)
    found = [sequential_trials(contact, eager.is_open, stratum, trial_months=TRIALS, horizons=(HORIZON,),
                               clusters=np.arange(len(age)) % 39)[0] for contact in (numbered, empty)]
    assert found[0] == found[1]


@pytest.mark.parametrize("spoil", [
    {"contact_month": [1.5, 9]}, {"stratum": [["a"] * 4] * 2}, {"stratum": [[np.nan, 0, 0, 0]] * 2},
    {"is_open": [[2, 0, 0, 0]] * 2}, {"is_open": [[0.5, 0, 0, 0]] * 2}, {"clusters": ["T01", None]}])
def test_arrays_that_say_something_else_stop(spoil):
    arrays = {"contact_month": [1, 9], "is_open": [[0, 0, 1, 1]] * 2, "stratum": [[0] * 4] * 2,
              "clusters": ["T01", "T02"]}
    with pytest.raises(UserError, match="essais mensuels"):
        AccessPanel.of(**{name: np.array(values, object if name == "clusters" else None)
                          for name, values in (arrays | spoil).items()})


def test_an_entitlement_that_nobody_has_shows_no_effect(eager):
    found = effects(panel_of(eager).with_outcome(0 * eager.is_open), TRIALS, (HORIZON,))
    assert isinstance(found[0], NotEstimable) and "pour personne" in found[0].reason


def test_unknown_models_and_outcomes_stop(eager):
    for option in ({"learner": "forest"}, {"outcome": "kept"}):
        with pytest.raises(UserError, match="inconnu"):
            effects(panel_of(eager), TRIALS, (HORIZON,), **option)


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


@pytest.mark.parametrize("learner", ["logistic", "boosting"])
def test_covariates_undo_what_they_confound(eager, learner):
    """Within strata the eager are met first and would have opened anyway: two points too many without them."""
    truth, trials = eager.truth(TRIALS, HORIZON), {"trial_months": TRIALS, "horizons": (HORIZON,)}
    blind, = effects(panel_of(eager), **trials)
    noise = np.random.default_rng(0).integers(0, 3, len(eager.is_eager))
    found, = effects(panel_of(eager, covariates=np.column_stack([eager.is_eager, noise])), learner=learner, **trials)
    assert blind.estimate > truth + 0.015
    assert found.estimate == pytest.approx(truth, abs=0.01) and found.low < truth < found.high


def test_one_right_model_is_enough(eager, monkeypatch):
    """Chances of contact forgotten, or outcomes forgotten: the other model alone removes what the strata leave."""
    from tznr_platform.estimation import stacking

    panel, truth = panel_of(eager, covariates=eager.is_eager[:, None]), eager.truth(TRIALS, HORIZON)
    whole = stacking.Trials.odds
    monkeypatch.setattr(stacking.Trials, "odds", lambda _, place: np.ones(len(place)))
    by_outcome, = effects(panel, TRIALS, (HORIZON,))
    monkeypatch.setattr(stacking.Trials, "odds", whole)
    monkeypatch.setattr(stacking.Trials, "_expected", lambda *_: None)
    by_chance, = effects(panel, TRIALS, (HORIZON,))
    assert [by_outcome.estimate, by_chance.estimate] == pytest.approx([truth, truth], abs=0.012)


def test_channels_are_told_apart():
    """One channel helps (the simulator's), the other only pretends: dates drawn among persons nobody met."""
    drawn = natural_take_up(60_000, seed=3)
    random = np.random.default_rng(1)
    idle = (drawn.contact_month == NEVER) & (random.random(60_000) < 0.3)
    contact = np.where(idle, random.integers(14, 40, 60_000), drawn.contact_month)
    channel = np.where(idle, "guichet", "aller_vers")
    age = drawn.eligible_months
    stratum = np.where(age < 0, -1, 2 * np.minimum(age, LONGEST) + drawn.is_open).astype(np.int16)
    panel = AccessPanel.of(contact, drawn.is_open, stratum, np.arange(60_000) % 39, channel=channel)
    found = by_channel(panel, TRIALS, (HORIZON,))
    assert list(found) == ["aller_vers", "guichet"]
    assert found["aller_vers"][0].estimate == pytest.approx(drawn.truth(TRIALS, HORIZON), abs=0.015)
    assert abs(found["guichet"][0].estimate) < 0.01 and found["guichet"][0].channel_code == "guichet"


def test_cumulative_access_never_goes_down(dependent):
    some = slice(0, 30_000)
    age = dependent.eligible_months[some]
    at_risk = (age >= 0) & ~dependent.is_open[some]
    panel = AccessPanel.of(dependent.contact_month[some], dependent.is_open[some], np.minimum(age, LONGEST),
                           np.arange(30_000) % 39, at_risk=at_risk)
    curve = cumulative_access(panel, TRIALS, 6)
    assert list(curve["horizon_months"]) == list(range(7)) and set(curve["outcome_code"]) == {"opened_by"}
    assert curve["open_share"].is_monotonic_increasing and curve["counterfactual_share"].is_monotonic_increasing


def test_an_unknown_month_is_neither_open_nor_closed():
    """Three met, one of unknown outcome: half of the others. Whoever opened once is known to have, whatever follows."""
    contact = np.array([1, 1, 9, 9, 9, 9, 1])
    is_open = np.array([[0, 1, 1], [0, 0, np.nan], [0, 0, 1], [0, 0, 0], [0, 1, np.nan], [0, 0, 0], [0, 0, 0]])
    options = {"trial_months": range(1, 2), "horizons": (1,), "clusters": np.array([1, 2, 1, 2, 3, 3, 3])}
    found, = sequential_trials(contact, is_open, np.zeros((7, 3), int), **options)
    assert (found.open_share, found.counterfactual_share) == (0.5, pytest.approx(1 / 3))
    assert found.known_share == pytest.approx(2 / 3) and found.control_count == 3
    ever, = sequential_trials(contact, is_open, np.zeros((7, 3), int), outcome="opened_by", **options)
    assert (ever.open_share, ever.counterfactual_share) == (0.5, 0.5)


def test_the_same_bytes_on_any_number_of_threads(eager):
    from threadpoolctl import threadpool_limits

    random = np.random.default_rng(0)
    some = slice(0, 5_000)
    covariates = np.column_stack([eager.is_eager, random.normal(size=len(eager.is_eager))])
    panel = panel_of(eager, covariates=covariates).only(np.arange(5_000))
    assert len(panel) == len(eager.contact_month[some])
    found = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            found.append(effects(panel, TRIALS, (3, 6)))
    assert found[0] == found[1]


def test_whole_clusters_make_a_fold():
    clusters = np.repeat(np.arange(7), 3)
    fold = folds_of(clusters, 5, seed=1)
    assert all(len(set(fold[clusters == one])) == 1 for one in range(7)) and set(fold) == set(range(5))
    assert (fold == folds_of(clusters, 5, seed=1)).all()


def test_covariates_that_separate_or_miss_are_said():
    random = np.random.default_rng(0)
    contact = np.repeat([1, 9], 40)
    is_open, clusters = random.random((80, 3)) < 0.5, np.arange(80) % 8
    options = {"trial_months": range(1, 2), "horizons": (1,), "clusters": clusters}
    apart, = sequential_trials(contact, is_open, np.zeros((80, 3), int), covariates=(contact == 1)[:, None], **options)
    assert isinstance(apart, NotEstimable) and "séparent" in apart.reason
    hole = np.append(np.nan, random.random(79))[:, None]
    missing, = sequential_trials(contact, is_open, np.zeros((80, 3), int), covariates=hole, **options)
    assert isinstance(missing, NotEstimable) and "covariable manque" in missing.reason
    empty, = sequential_trials(np.empty(0), np.empty((0, 3)), np.empty((0, 3), int), trial_months=range(1, 2),
                               horizons=(1,), clusters=np.empty(0))
    assert isinstance(empty, NotEstimable) and "vide" in empty.reason


def test_an_effect_explains_itself(dependent):
    found = estimated(dependent, slice(0, 20_000))
    assert "différence de +" in found.explain() and found.plot().to_dict()
    assert 0 < found.p_value < 0.01 and found.lowest_left_out < found.estimate < found.highest_left_out


def test_the_chance_of_contact_is_scikit_learns_logistic_regression():
    """Counts by cell against one row a person: the same coefficients."""
    from sklearn.linear_model import LogisticRegression

    from tznr_platform.estimation.nuisance import shrunk_logit

    drawn = np.random.default_rng(4)
    features, total = drawn.normal(size=(300, 4)), drawn.integers(1, 6, 300)
    events = drawn.binomial(total, 1 / (1 + np.exp(2 - features[:, 0])))
    happened = np.concatenate([np.arange(n) < k for n, k in zip(total, events, strict=True)])
    model = LogisticRegression(tol=1e-10, max_iter=1_000).fit(np.repeat(features, total, axis=0), happened)
    expected = [*model.intercept_, *model.coef_[0]]
    assert shrunk_logit(features, events.astype(float), total.astype(float)) == pytest.approx(expected, abs=1e-5)
