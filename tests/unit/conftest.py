"""A platform whose marts are published: small, invented, complete. For the rooms that read marts and register."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from tznr_platform.settings import Settings
from tznr_platform.storage import lake, warehouse

MARTS = Path(__file__).parents[1] / "published.sql"
REGISTER = """
select row_number() over () as delivery_id, 'TZNR-' || lpad(i::varchar, 2, '0') as sender_code, name as table_name,
       '2026-T1' as period, date '2026-01-01' as period_month, 1 as version, sha256(name || i::varchar) as sha256,
       name || '.csv' as file_name, timestamp '2026-05-02' as received_at,
       case when i = 4 then 'partial' else 'accepted' end as status_code, 100 as accepted_row_count,
       i % 3 as refused_row_count, 0 as ignored_column_count, null::varchar as reason_code, true as is_current
from range(1, 27) as t(i), (values ('personnes'), ('droits'), ('rencontres')) as n(name) where i <> 17
union all
select 1000, 'CNAF', 'droits_mensuels', '2026-05', date '2026-05-01', 1, sha256('cnaf'), 'cnaf.csv',
       timestamp '2026-06-10', 'accepted', 5000, 0, 0, null, true"""


@pytest.fixture
def platform(tmp_path: Path) -> Settings:
    """Settings of a data directory with a register of deliveries, a working and a published warehouse."""
    settings = Settings(data_dir=tmp_path, today=dt.date(2026, 7, 10), memory_limit="512MB", threads=1)
    for path in (settings.working_file, settings.published_file):
        with warehouse.connect(path, settings=settings) as con:
            con.execute(MARTS.read_text(encoding="utf-8"))
    with warehouse.connect(None, settings=settings) as con:
        lake.write_parquet(con, REGISTER, settings.lake_dir / "register" / "deliveries.parquet")
    return settings


@pytest.fixture(autouse=True)
def _calendar(monkeypatch: pytest.MonkeyPatch) -> None:
    from tznr_platform import contracts

    if not hasattr(contracts, "calendar"):
        monkeypatch.setattr(contracts, "calendar", lambda: {
            "experiment_start": dt.date(2023, 7, 15), "collection_end": dt.date(2026, 12, 31),
            "working_data_end": dt.date(2027, 5, 31)}, raising=False)
