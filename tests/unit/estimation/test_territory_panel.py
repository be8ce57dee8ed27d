"""Effects on territories: outcomes enter after the frozen list, planted effects are found, what is lost is said."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tznr_platform.errors import UserError
from tznr_platform.estimation.detectable import Detectable
from tznr_platform.estimation.honest_trends import EventStudy, honest_trends
from tznr_platform.estimation.matched_areas import DonorList, Pair
from tznr_platform.estimation.territory_panel import (
    TerritoryEffect,
    event_study,
    event_study_frame,
    territory_effect,
    with_outcomes,
)
from tznr_platform.estimation.verdict import NotEstimable

MONTHS = [f"{year}-{month:02d}" for year in range(2022, 2026) for month in range(1, 13)]
SEEN = Detectable("RSA", 0.01, 0.5, 10, 40)


def donors(territories: int = 10) -> DonorList:
    pairs = tuple(Pair(f"TZNR-{rank:02d}", f"T{rank:02d}", f"D{rank:02d}{place}", place, 0.1)
                  for rank in range(territories) for place in (1, 2, 3, 4))
    return DonorList(pairs, (), 4, False)


def outcomes(chosen: DonorList, effect: float, seed: int = 1, noise: float = 0.01) -> pd.DataFrame:
    random, frame = np.random.default_rng(seed), chosen.to_frame()
    areas = [*frame["area_code"].unique(), *frame["donor_code"]]
    rows = [(area, month, 8 + rank / 1000 + random.normal() * noise
             + effect * (area.startswith("T") and month >= "2024-02")) for area in areas
            for rank, month in enumerate(MONTHS)]
    return pd.DataFrame(rows, columns=["area_code", "month", "value"])


def panel(effect: float = 0.05, territories: int = 10, **options: object):
    chosen = donors(territories)
    starts = {pair.territory_code: "2024-02" for pair in chosen.pairs}
    return with_outcomes(chosen, outcomes(chosen, effect, **options), starts, sha256=chosen.sha256)


def test_a_planted_effect_is_found():
    found = territory_effect(panel(), 3, SEEN, seed=1, draws=999)
    assert isinstance(found, TerritoryEffect) and found.inference.low < 0.05 < found.inference.high
    assert found.inference.p_value < 0.01 and (found.territory_count, found.donor_count) == (10, 40)
    assert found.to_frame()["donors_sha256"].tolist() == [donors().sha256] and "Identifiable" in found.explain()
    assert found.plot() is not None


def test_what_cannot_be_seen_is_not_printed():
    found = territory_effect(panel(), 3, Detectable("RSA", 0.03, 0.02, 10, 40), seed=1, draws=99)
    assert isinstance(found, NotEstimable) and found.reason.startswith("Non identifiable")


def test_few_territories_are_dealt_inside_their_matches():
    found = territory_effect(panel(territories=4), 3, SEEN, seed=1, draws=1999)
    assert found.inference.method == "randomisation"
    assert 1 / 1999 <= found.inference.p_value < 0.02  # one deal in 5 x 5 x 5 x 5


def test_the_first_quarter_holds_a_part_of_the_effect():
    changes = panel(noise=0.0).changes((0, 3))
    gaps = changes.groupby("is_treated")[[0, 3]].mean().diff().iloc[1]
    assert gaps.tolist() == pytest.approx([0.05 * 2 / 3, 0.05], abs=1e-9)


def test_cohort_effects_of_the_same_panel_agree():
    found = panel()
    simple = found.effects_by_cohort().aggregate("dynamic").to_frame().set_index("part")["estimate"]
    changes = found.changes((3,))
    gap = changes.groupby("is_treated")[3].mean().diff().iloc[1]
    assert simple.loc[3] == pytest.approx(gap)


def test_the_event_study_feeds_the_sensitivity():
    study = event_study(panel())
    assert isinstance(study, EventStudy) and (study.pre_count, len(study.estimates)) == (3, 7)
    assert np.abs(study.estimates[:3]).max() < 0.02 < study.estimates[4]
    changes = panel().changes((3,))
    treated, values = changes["is_treated"].to_numpy(bool), changes[3].to_numpy()
    keep = ~np.eye(len(values), dtype=bool)
    left_out = np.array([values[row & treated].mean() - values[row & ~treated].mean() for row in keep])
    count = len(values)
    variance = (count - 1) / count * ((left_out - study.estimates[-1]) ** 2).sum()
    assert study.covariance[-1, -1] == pytest.approx(variance)
    assert honest_trends(study, "relative_magnitude", (1.0,)).lows[0] > 0
    assert event_study_frame(panel(), seed=1, draws=99)["exposure"].tolist() == [-4, -3, -2, 0, 1, 2, 3]


def test_noise_is_that_of_areas_left_alone():
    assert panel().placebo_deviation() == pytest.approx(0.01 * np.sqrt(2 / 3), rel=0.3)


def test_another_list_than_the_frozen_one_stops():
    with pytest.raises(UserError, match="figée"):
        with_outcomes(donors(), outcomes(donors(), 0.0), {}, sha256="0" * 64)


def test_what_is_lost_is_said():
    chosen = donors()
    rows = outcomes(chosen, 0.05)
    rows.loc[(rows["area_code"] == "T01") & (rows["month"] == "2025-03"), "value"] = np.nan
    starts = {pair.territory_code: "2024-02" for pair in chosen.pairs if pair.territory_code != "TZNR-02"}
    found = with_outcomes(chosen, rows, starts, sha256=chosen.sha256)
    assert dict(found.missing) == {"TZNR-02": "début inconnu", "T01": "série incomplète ou secrète"}
    assert set(found.changes((3,))["territory_code"]) == {f"TZNR-{rank:02d}" for rank in range(10)} - {
        "TZNR-01", "TZNR-02"}


def test_nothing_observed_is_said():
    chosen = donors()
    empty = with_outcomes(chosen, outcomes(chosen, 0.0).head(0), {}, sha256=chosen.sha256)
    late = territory_effect(panel(), 30, SEEN, seed=1)
    size = territory_effect(panel(), 3, NotEstimable("RSA", "stock inconnu"), seed=1, draws=99)
    early = event_study(panel(), (-40, 3))
    assert [type(found) for found in (empty, late, size, early)] == [NotEstimable] * 4


def test_a_month_given_twice_or_in_words_stops():
    chosen = donors(2)
    rows, starts = outcomes(chosen, 0), {pair.territory_code: "2024-02" for pair in chosen.pairs}
    for wrong in (pd.concat([rows, rows.head(1)]), rows.assign(value="beaucoup")):
        with pytest.raises(UserError):
            with_outcomes(chosen, wrong, starts, sha256=chosen.sha256)
