"""A platform whose marts are published: small, invented, complete. For tests of what reads marts and
register.
"""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest

from quality import gate
from tznr_platform import reporting
from tznr_platform.settings import Settings
from tznr_platform.storage import lake, warehouse

MARTS = tuple(Path(__file__).with_name(f"published_{part}.sql") for part in ("persons", "surveys"))
REGISTER = """
select row_number() over () as delivery_id, 'TZNR-' || lpad(i::varchar, 2, '0') as sender_code,
       name as table_name,
       '2026-T1' as period, date '2026-01-01' as period_month, 1 as version,
       sha256(name || i::varchar) as sha256, name || '.csv' as file_name,
       timestamp '2026-05-02' as received_at,
       case when i = 4 then 'partial' else 'accepted' end as status_code, 100 as accepted_row_count,
       i % 3 as refused_row_count, 0 as ignored_column_count, null::varchar as reason_code, true as is_current
from range(1, 27) as t(i), (values ('personnes'), ('droits'), ('rencontres')) as n(name) where i <> 17
union all
select 1000, 'CNAF', 'droits_mensuels', '2026-05', date '2026-05-01', 1, sha256('cnaf'), 'cnaf.csv',
       timestamp '2026-06-10', 'accepted', 5000, 0, 0, null, true"""


def settings_in(folder: Path) -> Settings:
    return Settings(data_dir=folder, today=dt.date(2026, 7, 10), memory_limit="512MB", threads=1)


@pytest.fixture(scope="session")
def published_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data directory, built once a session: register, working and published warehouse."""
    settings = settings_in(tmp_path_factory.mktemp("published"))
    with warehouse.connect(settings.published_file, settings=settings) as con:
        for part in MARTS:
            con.execute(part.read_text(encoding="utf-8"))
    shutil.copy(settings.published_file, settings.working_file)
    with warehouse.connect(None, settings=settings) as con:
        lake.write_parquet(con, REGISTER, settings.lake_dir / "register" / "deliveries.parquet")
    return settings.root


@pytest.fixture(scope="session")
def reported_once(published_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with its numbers written, its interim gate passed and its interim report produced."""
    folder = tmp_path_factory.mktemp("reported") / "data"
    shutil.copytree(published_once, folder)
    settings = settings_in(folder)
    reporting.write_numbers(settings)
    gate.evaluate("interim", settings)
    reporting.render("interim", settings)
    return folder


@pytest.fixture
def platform(published_once: Path, tmp_path: Path) -> Settings:
    """A fresh copy of the published platform: neither numbers nor promotion."""
    shutil.copytree(published_once, tmp_path / "data")
    return settings_in(tmp_path / "data")


@pytest.fixture
def reported(reported_once: Path, tmp_path: Path) -> Settings:
    """A fresh copy of the platform with numbers, a passing interim promotion and the interim report."""
    shutil.copytree(reported_once, tmp_path / "data")
    return settings_in(tmp_path / "data")

