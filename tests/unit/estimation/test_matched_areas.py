"""Comparison areas: rules of the donor pool, nearest donors, a list frozen before outcomes, which cannot enter."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tznr_platform.errors import UserError
from tznr_platform.estimation.matched_areas import DonorList, balance, match_areas
from tznr_platform.estimation.verdict import NotEstimable

MONTHS = [f"2023-{month:02d}" for month in range(1, 13)]


def world(count: int = 40, territories: int = 4, seed: int = 1) -> tuple[pd.DataFrame, pd.DataFrame]:
    random = np.random.default_rng(seed)
    codes = [f"A{rank:03d}" for rank in range(count)]
    level = random.normal(size=count)
    areas = pd.DataFrame({
        "area_code": codes, "territory_code": [f"TZNR-{rank + 1:02d}" if rank < territories else None
                                               for rank in range(count)],
        "department_code": [f"{rank:02d}" for rank in range(count)], "is_quarter": False, "is_pilot": False,
        "area_type_code": "commune", "is_overseas": False, "density_code": "dense",
        "population_count": np.exp(10 + level / 5), "poverty_rate_percent": 20 + level,
        "median_living_standard_eur": 20_000 - 500 * level, "registered_share": 0.1 + level / 100,
        "france_services_count": 2})
    path = pd.DataFrame({"area_code": np.repeat(codes, 12), "month": MONTHS * count,
                         "value": np.repeat(level, 12) + np.tile(np.arange(12) / 100, count)})
    return areas, path


def test_the_nearest_are_chosen_and_each_is_given_once():
    found = match_areas(*world())
    frame = found.to_frame()
    assert frame.groupby("territory_code").size().tolist() == [4] * 4 and frame["donor_code"].is_unique
    areas, _ = world()
    after = balance(found, areas).set_index("covariate_code")
    assert (after["smd_after"].abs() <= after["smd_before"].abs() + 0.2).all()


def test_one_territory_receives_its_own_neighbours():
    areas, path = world(12, 1)
    level = path.groupby("area_code")["value"].first()
    nearest = (level - level["A000"]).abs().sort_values().index[1]
    assert match_areas(areas, path, donors=1).pairs[0].donor_code == nearest


def test_rules_of_the_pool():
    areas, path = world(12, 2)
    areas.loc[2, "department_code"] = "00"
    areas.loc[3, "is_pilot"] = True
    areas.loc[4, "density_code"] = "rural"
    areas.loc[1, "is_quarter"] = True
    areas.loc[6, "population_count"] = 0
    path = path[~((path["area_code"] == "A005") & (path["month"] == "2023-06"))]
    found = match_areas(areas, path, donors=20)
    reasons = dict(found.left_out)
    assert {"A002", "A003", "A005", "A006", "TZNR-02"} == set(reasons) and "infra-communal" in reasons["TZNR-02"]
    assert {pair.donor_code for pair in found.pairs} == {f"A{rank:03d}" for rank in (7, 8, 9, 10, 11)}
    with_pilots = match_areas(areas, path, donors=20, allow_pilots=True)
    assert "A003" in {pair.donor_code for pair in with_pilots.pairs} and with_pilots.sha256 != found.sha256


def test_row_order_changes_nothing():
    areas, path = world()
    shuffled = match_areas(areas.sample(frac=1, random_state=2), path.sample(frac=1, random_state=3))
    assert shuffled.sha256 == match_areas(areas, path).sha256


@pytest.mark.parametrize("spoil", [
    lambda areas, path: (areas.assign(outcome=1.0), path), lambda areas, path: (areas, path.assign(outcome=1.0)),
    lambda areas, path: (areas, pd.concat([path, path.head(1).assign(month="2024-01")])),
    lambda areas, path: (areas.drop(columns="is_pilot"), path),
    lambda areas, path: (pd.concat([areas, areas.head(1)]), path)])
def test_an_outcome_cannot_enter(spoil):
    with pytest.raises(UserError):
        match_areas(*spoil(*world()))


def test_a_frozen_list_is_read_under_its_hash_only(tmp_path: Path):
    place, found = tmp_path / "donors.json", match_areas(*world())
    digest = found.freeze(place)
    assert DonorList.read(place, digest) == found and found.freeze(place) == digest
    with pytest.raises(UserError, match="déjà figée"):
        match_areas(*world(seed=2)).freeze(place)
    with pytest.raises(UserError, match="pas celle"):
        DonorList.read(place, "0" * 64)
    place.write_text(place.read_text().replace("A0", "B0"))
    with pytest.raises(UserError, match="pas celle"):
        DonorList.read(place, digest)
    with pytest.raises(UserError, match="lue"):
        DonorList.read(tmp_path / "absent.json", digest)


@pytest.mark.parametrize("territories", [0, 40])
def test_no_territory_or_no_area_is_said(territories):
    assert isinstance(match_areas(*world(40, territories)), NotEstimable)


def test_no_similar_area_is_said():
    areas, path = world(6, 1)
    areas.loc[0, "density_code"] = "rural"
    assert isinstance(match_areas(areas, path), NotEstimable)
