"""How numbers, months and dates are written in French."""

from __future__ import annotations

import datetime as dt

import pytest

from tznr_platform import french


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (1234567, 0, "1\u202f234\u202f567"),
        (0.5, 1, "0,5"),
        (-1234.5, 1, "−1\u202f234,5"),
        (-0.01, 1, "0,0"),
        (0, 0, "0"),
    ],
)
def test_numbers(value, decimals, text):
    assert french.number(value, decimals) == text


def test_shares_months_days_counts():
    assert french.share(0.9731) == "97,3\u202f%"
    assert french.month(202605) == "mai\u00a02026" == french.month(dt.date(2026, 5, 12))
    assert french.day(dt.date(2026, 5, 1)) == "1er\u00a0mai\u00a02026"
    assert [french.count(value, "territoire") for value in (0, 1, 2)] == [
        "0\u00a0territoire", "1\u00a0territoire", "2\u00a0territoires"]
    assert french.measure(None, "part") == "non mesuré"
    assert french.measure(1, "mois") == "1\u00a0mois"


def test_differences_of_shares_are_in_points_with_their_sign():
    assert [french.points(value) for value in (0.042, -0.051, 0.0, 0.0001)] == [
        "+4,2\u00a0points", "−5,1\u00a0points", "0,0\u00a0points", "0,0\u00a0points"]
