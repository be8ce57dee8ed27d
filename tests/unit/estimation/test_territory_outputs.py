"""From the aggregates of bodies to the rows of territories: sizes, reasons, donors frozen once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tznr_platform.estimation.design import load_design
from tznr_platform.estimation.territory_outputs import (
    TYPES,
    frozen_donors,
    territory_row,
    write_territories,
)
from tznr_platform.estimation.verdict import NotEstimable
from tznr_platform.settings import Settings
from tznr_platform.storage import warehouse

DESIGN = load_design()
TERRITORIES = ("91286", "61169", "59650", "13055", "34172", "54")
OTHERS = tuple(f"0{n}001" for n in range(1, 10)) + tuple(f"1{n}001" for n in (0, 2, 4, 5, 6, 7, 8, 9))
MONTHS = [f"{year}-{month:02d}" for year in (2022, 2023, 2024, 2025) for month in range(1, 13)]


def series(noise: float, effect: float = 0.0, first: str = "2022-01") -> pd.DataFrame:
    """Logarithm of the households of each area: level, noise of each area and month, a step after 2023."""
    drawn = np.random.default_rng(7)
    rows = [(code, month, np.log(5_000) + noise * drawn.normal() + effect * (month > "2023-12") * (code in TERRITORIES),
             code not in TERRITORIES) for code in (*TERRITORIES, *OTHERS) for month in MONTHS if month >= first]
    return pd.DataFrame(rows, columns=["area_code", "month", "value", "is_comparison_area"])


def described() -> pd.DataFrame:
    codes = [*TERRITORIES[:-1], *OTHERS]
    return pd.DataFrame({"area_code": codes, "department_code": [code[:2] for code in codes],
                         "population_count": 20_000, "poverty_rate_percent": 15.0, "registered_share": 0.1,
                         "median_living_standard_eur": 21_000, "france_services_count": range(len(codes))})


def opened(count: int) -> pd.DataFrame:
    return pd.DataFrame({"territory_code": ["TZNR-01", "TZNR-02", "TZNR-04", "TZNR-05"], "opened_count": count})


@pytest.fixture
def donors(tmp_path: Path):
    outcomes = series(0.001)
    return frozen_donors(outcomes[outcomes["month"] < "2024"], described(), tmp_path / "donors.json")


def test_no_past_no_donor_and_no_coefficient(tmp_path: Path):
    outcomes = series(0.02, first="2024-01")
    found = frozen_donors(outcomes[outcomes["month"] < "2024"], described(), tmp_path / "donors.json")
    assert isinstance(found, NotEstimable) and "janvier 2024" in found.reason
    assert not (tmp_path / "donors.json").exists()
    row = territory_row(found, outcomes, opened(20), 12, DESIGN)
    assert row["label"] == "non identifiable" and not row["is_estimated"] and "estimate" not in row
    assert row["minimum_effect"] > row["maximum_effect"] and "plus petit effet détectable" in row["reason"]


def test_when_it_could_be_seen_the_reason_is_the_past(tmp_path: Path):
    outcomes = series(0.0001, first="2024-01")
    found = frozen_donors(outcomes[:0], described(), tmp_path / "donors.json")
    assert "janvier 2024" in territory_row(found, outcomes, opened(2_000), 12, DESIGN)["reason"]


def test_largest_effect_is_every_opening_kept_over_the_stock(donors):
    row = territory_row(donors, series(0.001), opened(300), 12, DESIGN)
    stock = np.exp(series(0.001).pivot(index="area_code", columns="month", values="value")).loc[
        list(TERRITORIES)].iloc[:, 0].sum()
    assert row["maximum_effect"] == pytest.approx(np.log1p(1_200 / stock)) and row["territory_count"] == 5


def test_an_effect_that_can_be_seen_is_estimated_and_one_that_cannot_is_not(donors):
    seen = territory_row(donors, series(0.001, effect=0.03), opened(600), 12, DESIGN)
    assert seen["is_estimated"] and seen["estimate"] == pytest.approx(0.03, abs=0.005)
    assert seen["donors_sha256"] == donors.sha256 and seen["label"] == "non identifiable"
    lost = territory_row(donors, series(0.05, effect=0.03), opened(6), 12, DESIGN)
    assert not lost["is_estimated"] and "estimate" not in lost


def test_donors_are_frozen_once(donors, tmp_path: Path):
    """Other data do not change the list."""
    assert frozen_donors(series(0.5)[:0], described()[:0], tmp_path / "donors.json").sha256 == donors.sha256


def test_nothing_received_is_a_typed_reason(tmp_path: Path):
    settings = Settings(data_dir=tmp_path)
    with warehouse.writer(settings) as con:
        con.execute("""create schema marts; create schema staging;
            create table marts.mart_area_outcomes (body_code varchar, area_code varchar, benefit_code varchar,
                entitlement_month date, household_count bigint, is_comparison_area boolean);
            create table marts.mart_access (territory_code varchar, channel_code varchar, benefit_code varchar,
                opened_count bigint);
            create table staging.stg_communes (commune_code varchar, department_code varchar, population_count bigint);
            create table staging.stg_france_services (commune_code varchar);
            create table staging.stg_filosofi (commune_code varchar, year integer, poverty_rate_percent double,
                median_living_standard_eur double);
            create table staging.stg_inscrits_france_travail (commune_code varchar, year integer,
                registered_count double)""")
    found = write_territories(settings)
    assert list(found.frame.columns) == list(TYPES) and len(found.frame) == 2
    assert not found.frame["is_estimated"].any() and (found.frame["reason"] != "").all()
