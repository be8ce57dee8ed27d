"""Estimates of the lake: readable for the marts they were computed from, and for no other."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tznr_platform.settings import Settings
from tznr_platform.storage import lake, warehouse
from tznr_platform.storage.estimates import estimate_file, marts_hash, show_current, write_estimates

FRAME = pd.DataFrame({"benefit_code": ["RSA", "PPA"], "estimate": [0.25, None]})


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    found = Settings(data_dir=tmp_path)
    with warehouse.connect(found.published_file, settings=found) as con:
        con.execute("create schema marts; create table marts.mart_x as select 1 as n, 'a' as code")
    return found


def shown(settings: Settings) -> list[tuple] | None:
    with warehouse.connect(settings.published_file, settings=settings, read_only=True) as con:
        names = show_current(con, settings, marts_hash(con))
        return con.execute("from estimates_one").fetchall() if "one" in names else None


def written(settings: Settings, frame: pd.DataFrame = FRAME) -> None:
    with warehouse.connect(settings.published_file, settings=settings, read_only=True) as con:
        computed_from = marts_hash(con)
    write_estimates(settings, {"one": frame}, computed_from)


def test_an_estimate_of_these_marts_is_read(settings: Settings):
    written(settings)
    assert shown(settings) == [("RSA", 0.25), ("PPA", None)]


def test_an_estimate_without_rows_is_there_all_the_same(settings: Settings):
    written(settings, FRAME[:0])
    assert shown(settings) == []


def test_an_estimate_older_than_the_marts_is_not_shown(settings: Settings):
    written(settings)
    with warehouse.connect(settings.published_file, settings=settings) as con:
        con.execute("update marts.mart_x set n = 2")
    assert shown(settings) is None
    written(settings)
    assert shown(settings) is not None


def test_a_file_without_the_hash_of_its_marts_is_not_shown(settings: Settings):
    with warehouse.connect(None, settings=settings) as con:
        lake.write_parquet(con, "select 1 as estimate", estimate_file(settings, "one"))
    assert shown(settings) is None


def test_the_order_of_rows_is_not_in_the_hash(tmp_path: Path):
    found = []
    for order in ("asc", "desc"):
        with warehouse.connect(None, settings=Settings(data_dir=tmp_path)) as con:
            con.execute(f"create schema marts; create table marts.mart_x as from range(5) r (n) order by n {order}")
            found.append(marts_hash(con))
    assert found[0] == found[1]
