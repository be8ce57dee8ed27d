"""The path around contact: a case by hand, the flat past of a biased comparison, placebos, what cannot be drawn."""

from __future__ import annotations

import numpy as np
import pytest

from tznr_platform.errors import UserError
from tznr_platform.estimation.balance import balance, trials_balance, trials_overlap
from tznr_platform.estimation.event_study import AccessPath, date_placebo, event_study
from tznr_platform.estimation.panel import AccessPanel
from tznr_platform.estimation.pretrend import pre_trend
from tznr_platform.estimation.stacking import prepare
from tznr_platform.estimation.verdict import NotEstimable
from tznr_platform.synthetic.natural_take_up import MONTHS, NaturalTakeUp, natural_take_up

TRIALS, LONGEST, PERSONS = range(14, 40), 30, 60_000


def panel_of(drawn: NaturalTakeUp, chosen: np.ndarray | slice = slice(None), *, alike: bool = True) -> AccessPanel:
    """``alike``: compared at the same months since onset and the same receipt; otherwise everybody with everybody."""
    age = drawn.eligible_months[chosen]
    stratum = np.where(age < 0, -1, 2 * np.minimum(age, LONGEST) + drawn.is_open[chosen])
    stratum = stratum if alike else np.zeros_like(stratum)
    return AccessPanel.of(drawn.contact_month[chosen], drawn.is_open[chosen], stratum, np.arange(len(age)) % 39,
                          at_risk=age >= 0)


@pytest.fixture(scope="module")
def drawn() -> NaturalTakeUp:
    return natural_take_up(PERSONS, seed=1)


def test_a_path_counted_by_hand():
    """Met in month 2: open at 0 and 3; not met: one of two open at 0, none later. Base: month 1, where nobody is."""
    contact = np.array([2, 2, 9, 9, 9, 9])
    is_open = np.array([[1, 0, 0, 1], [1, 0, 0, 1], [1, 0, 0, 0], [0, 0, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]], bool)
    panel = AccessPanel.of(contact, is_open, np.zeros((6, 4), int), np.array([1, 2, 1, 1, 2, 2]))
    trials = prepare(panel, range(2, 3))
    assert [trials.compared(month).estimate for month in (-2, -1, 0, 1)] == [0.5, 0, 0, 1]


def test_a_biased_comparison_may_have_a_flat_past(drawn):
    """Published: the difference in differences finds a third too much with nothing before contact above two points."""
    truth = drawn.truth(TRIALS, 6)
    met = drawn.contact_month < MONTHS
    found = event_study(panel_of(drawn, met, alike=False), TRIALS, before=6, after=6, through=6)
    assert isinstance(found, AccessPath)
    assert np.abs(found.estimate[found.before]).max() < 0.02
    assert found.estimate[-1] > 1.2 * truth
    assert "ne prouve pas" in found.explain()


def test_compared_alike_the_path_ends_at_the_truth(drawn):
    found = event_study(panel_of(drawn), TRIALS, before=6, after=6)
    frame = found.to_frame()
    assert found.estimate[-1] == pytest.approx(drawn.truth(TRIALS, 6), abs=0.012)
    assert list(frame["month"]) == list(range(-6, 7)) and frame.loc[frame["month"] == -1, "estimate"].item() == 0
    assert pre_trend(found.months, found.estimate, found.covariance, month=6).slope_half > 0
    assert found.plot().to_dict()


@pytest.mark.parametrize("base", [-2, -3])
def test_other_bases_show_anticipation(drawn, base):
    found = event_study(panel_of(drawn, slice(0, 10_000)), TRIALS, before=6, after=3, base=base)
    assert base not in found.months and -1 in found.months and found.before.sum() == 6 + base


def test_the_placebo_on_dates_sees_contact_that_depends_on_receipt():
    """Recipients are met half as often: who is met had opened less. Where contact ignores receipt, nothing shows."""
    blind = natural_take_up(PERSONS, seed=2, contact_depends_on_receipt=False)
    assert abs(date_placebo(panel_of(blind), TRIALS).estimate) < 0.01
    assert date_placebo(panel_of(natural_take_up(PERSONS, seed=2)), TRIALS).estimate < -0.02


def test_what_cannot_be_drawn_says_why(drawn):
    panel = panel_of(drawn, slice(0, 2_000))
    assert "ne couvrent pas" in event_study(panel, range(3, 10)).reason
    assert "vide" in event_study(panel.only(np.zeros(2_000, bool)), TRIALS).reason
    assert "remontent" in date_placebo(panel, range(3, 10)).reason
    holes = np.where(np.arange(MONTHS) < 20, np.nan, drawn.is_open[:2_000])
    unknown = event_study(panel.with_outcome(holes), TRIALS, before=6, after=6)
    assert isinstance(unknown, NotEstimable) and "mois connus" in unknown.reason
    with pytest.raises(UserError, match="Mois de base"):
        event_study(panel, TRIALS, before=6, after=6, base=0)


def test_balance_counted_by_hand():
    """Treated 0, 2: mean 1, variance 2; controls 0, 0, 4: mean 4/3; weighted 1, 1, 2: mean 2 and variance 4/0.625."""
    found = balance(np.array([1, 1, 0, 0, 0]), np.array([[0], [2], [0], [0], [4]]), np.array([1, 1, 1, 1, 2]), ("x",))
    assert (found.before[0], found.after[0], found.worst) == pytest.approx((-1 / 3 / 2**0.5, -1 / 2**0.5, 1 / 2**0.5))
    assert found.variance_ratio == (pytest.approx(2 * 0.625 / 4),)
    assert found.to_frame()["covariate"].tolist() == ["x"]


def test_weights_bring_the_arms_together():
    eager = natural_take_up(20_000, seed=5, with_eager=True)
    panel = AccessPanel.of(eager.contact_month, eager.is_open, panel_of(eager).stratum, np.arange(20_000) % 39,
                           covariates=eager.is_eager[:, None], names=("empressement",))
    trials = prepare(panel, TRIALS)
    found, overlap = trials_balance(trials, 6), trials_overlap(trials, 6)
    assert found.before[0] > 0.25 and found.worst < 0.1 and found.names == ("empressement",)
    assert sum(overlap.treated_shares) == pytest.approx(1) and sum(overlap.control_shares) == pytest.approx(1)
    assert 0.3 < overlap.effective_share < 1 and overlap.supported_share > 0.99 and len(overlap.to_frame()) == 20
    assert "avant pondération" in found.explain() and "ont une comparaison" in overlap.explain()
    assert found.plot().to_dict() and overlap.plot().to_dict()
