"""After its last day nothing opens, and turning the clock back opens nothing."""

from __future__ import annotations

import datetime as dt
import json
import time
from pathlib import Path

import pytest

from tznr_platform.errors import ExitCode, UserError
from tznr_platform.settings import Settings
from tznr_platform.storage import clock, connect

LAST_DAY = dt.date(2027, 5, 31)
AFTER = LAST_DAY + dt.timedelta(days=1)


def on(folder: Path, day: dt.date) -> Settings:
    return Settings(data_dir=folder, today=day)


def seen(folder: Path, day: dt.date) -> None:
    """The machine has run on that day."""
    (folder / "clock.json").write_text(json.dumps({"last_seen_date": day.isoformat()}))


def test_the_last_day_is_open_and_the_next_is_not(tmp_path):
    connect(None, settings=on(tmp_path, LAST_DAY)).close()
    with pytest.raises(UserError, match=r"31\smai\s2027") as refusal:
        connect(None, settings=on(tmp_path, AFTER))
    assert refusal.value.exit_code == ExitCode.CONFIGURATION and "retention purge" in refusal.value.remedy


@pytest.mark.parametrize("code", ["agregats", "donnees_ouvertes", "comite"])
def test_each_class_has_its_own_end(tmp_path, code):
    clock.require_open(on(tmp_path, AFTER), code)


def test_an_unknown_class_stops(tmp_path):
    with pytest.raises(UserError, match="inconnue"):
        clock.require_open(on(tmp_path, LAST_DAY), "autre")


def test_a_clock_that_went_back_opens_nothing_and_exports_nothing(tmp_path):
    seen(tmp_path, AFTER)
    before = on(tmp_path, dt.date(2026, 11, 24))
    with pytest.raises(UserError, match="terminée"):
        connect(None, settings=before)
    with pytest.raises(UserError, match="a reculé"):
        clock.require_steady(before, "une remise")
    assert clock.day(before) == AFTER


def test_a_day_set_by_hand_is_not_remembered(tmp_path):
    clock.require_open(on(tmp_path, LAST_DAY))
    assert clock.last_seen(on(tmp_path, LAST_DAY)) is None


def test_a_day_of_the_machine_is_remembered_and_never_goes_back(tmp_path):
    today = Settings(data_dir=tmp_path)
    if today.today > LAST_DAY:
        pytest.skip("the clock of this machine is past the end of the working data")
    seen(tmp_path, today.today - dt.timedelta(days=2))
    clock.require_open(today)
    assert clock.last_seen(today) == today.today
    clock.require_steady(today, "une purge")
    seen(tmp_path, today.today + dt.timedelta(days=2))
    clock.require_open(today)
    assert clock.last_seen(today) == today.today + dt.timedelta(days=2)


@pytest.mark.parametrize("content", ["", "{}", '{"last_seen_date": "hier"}', "[]"])
def test_a_clock_that_cannot_be_read_opens_nothing(tmp_path, content):
    (tmp_path / "clock.json").write_text(content)
    with pytest.raises(UserError, match="illisible"):
        connect(None, settings=on(tmp_path, LAST_DAY))


def test_asking_costs_nothing_beside_an_opening(tmp_path):
    settings = Settings(data_dir=tmp_path)
    seen(tmp_path, settings.today)
    clock.end_date.cache_clear()
    clock.require_open(settings, "agregats")
    start = time.perf_counter()
    for _ in range(1000):
        clock.require_open(settings, "agregats")
    assert time.perf_counter() - start < 0.5
