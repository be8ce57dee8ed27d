"""Bounds on persons nobody sees, counted by hand."""

from __future__ import annotations

import pytest

from tznr_platform.errors import UserError
from tznr_platform.estimation.bounds import late_declarations, match_errors, unseen


def test_persons_unseen():
    """One in ten unseen: the nine others' +20 points weigh 0.9; the tenth may be -1 or +1."""
    found = unseen(0.2, 0.1, "Territoires absents")
    assert (found.low, found.high) == pytest.approx((0.08, 0.28)) and "10,0" in found.explain()


def test_match_errors():
    """No error: the difference. Unmatched only: as unseen. A strangers' tenth of 0.5: between 0.4/0.9 and 0.5/0.9."""
    assert (match_errors(0.5, 0.3, 1, 0).low, match_errors(0.5, 0.3, 1, 0).high) == pytest.approx((0.2, 0.2))
    assert match_errors(0.5, 0.3, 0.9, 0).low == pytest.approx(0.08)
    linked = match_errors(0.5, 0.3, 1, 0.1)
    assert (linked.low, linked.high) == pytest.approx((0.4 / 0.9 - 0.3 / 0.9, 0.5 / 0.9 - 0.2 / 0.9))
    assert (match_errors(0.5, 0.3, 1, 1).low, match_errors(0.5, 0.3, 1, 1).high) == (-1, 1)


def test_late_declarations():
    found = late_declarations(0.45, 0.27, 0.9)
    assert (found.low, found.high) == pytest.approx((0.45 - 0.30, 0.50 - 0.27))
    assert late_declarations(0.4, 0.2, 0).high == pytest.approx(0.8)


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_outside_its_range_stops(share):
    with pytest.raises(UserError):
        unseen(0.2, share, "")
    with pytest.raises(UserError):
        unseen(float("nan"), 0.1, "")
