"""The siblings of a curve of retention, on invented spells."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tznr_platform.estimation.cox import cox_check
from tznr_platform.estimation.diagnostics import fingerprint
from tznr_platform.estimation.retention import cumulative_incidence
from tznr_platform.estimation.retention_checks import heaping, retention_diagnostics, stability
from tznr_platform.estimation.verdict import NotEstimable


def _spells(counts: dict[int, int]) -> pd.DataFrame:
    rows = [(month, "exit", count) for month, count in counts.items()] + [(20, "censored", 40)]
    return pd.DataFrame(rows, columns=["duration_months", "exit_code", "spell_count"])


def test_exits_that_pile_up_on_quarters_are_seen():
    smooth = heaping(_spells(dict.fromkeys(range(1, 20), 10)), "RSA")
    assert smooth.quarter_share == pytest.approx(1 / 3)
    assert smooth.p_value == pytest.approx(1)
    piled = heaping(_spells({month: 40 if month % 3 == 0 else 10 for month in range(1, 20)}), "RSA")
    assert piled.quarter_share == pytest.approx(2 / 3)
    assert piled.p_value < 1e-6
    assert "67" in piled.explain()


def test_the_share_under_each_rule_is_shown_with_its_largest_gap():
    found = stability("RSA", {"2 mois": 0.70, "1 mois": 0.62, "3 mois": 0.73})
    assert found.largest_gap == pytest.approx(0.08)
    assert "8,0 points" in found.explain()
    assert isinstance(stability("RSA", {"2 mois": 0.7}), NotEstimable)
    assert isinstance(stability("RSA", {"2 mois": np.nan, "1 mois": 0.6}), NotEstimable)


def test_diagnostics_are_tied_to_their_curve_and_leave_nothing_out():
    rng = np.random.default_rng(2)
    spells = _spells({month: int(rng.integers(3, 12)) for month in range(1, 19)})
    spells["age"] = rng.integers(20, 60, len(spells))
    incidence = cumulative_incidence(spells, "RSA")
    found = retention_diagnostics(incidence, spells, proportional=cox_check(spells, "RSA", ("age",)),
                                  gap_rules={"2 mois": 0.7, "1 mois": 0.6}, vintages={})
    assert found.estimate_sha256 == fingerprint(incidence)
    frame = found.to_frame().set_index("diagnostic_code")
    assert frame["is_estimated"].tolist() == [True, True, True, False]
    assert "aucune variante" in found.explain()
    assert isinstance(heaping(spells.head(0), "RSA"), NotEstimable)
