"""Which version is in force."""

from __future__ import annotations

import datetime as dt

from tznr_platform.intake.arrivals import Delivery
from tznr_platform.intake.register import Register
from tznr_platform.settings import Settings
from tznr_platform.storage import connect, registers


def delivery(identity, version, status):
    return Delivery(identity, "TZNR-01", "personnes", "2025-T2", dt.date(2025, 4, 1), version,
                    f"{identity:064x}", "f.csv", dt.datetime(2026, 6, 15), status,
                    accepted_row_count=identity)


def test_the_highest_version_that_landed_is_in_force(tmp_path):
    settings = Settings(data_dir=tmp_path)
    with connect(None, settings=settings) as con:
        Register(con, settings).add([delivery(1, 1, "accepted"), delivery(2, 2, "partial")])
        Register(con, settings).add([delivery(3, 3, "refused"), delivery(4, 2, "duplicate")])
        register = Register(con, settings)
        current = f"select delivery_id from ({registers.deliveries(settings)}) where is_current"
        found = con.execute(current).fetchall()
    assert found == [(2,)] and [item.delivery_id for item in register.current()] == [2]
    assert register.next_id == 5 and [item.version for item in register.landed()] == [1, 2]
