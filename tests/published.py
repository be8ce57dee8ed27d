"""A platform whose marts are published: small, invented, complete. For tests of what reads marts and
register.
"""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pandas as pd
import pytest

from quality import gate
from tests.estimated import estimates
from tznr_platform import reporting
from tznr_platform.estimation.access_tables import COUNTS, KEY, NUMBERS, PATH, WORDS, deviations_table
from tznr_platform.estimation.design import load_design
from tznr_platform.settings import Settings
from tznr_platform.storage import lake, warehouse
from tznr_platform.storage.estimates import marts_hash, write_estimates

MARTS = tuple(Path(__file__).with_name(f"published_{part}.sql") for part in ("persons", "surveys", "time"))
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


def effects() -> dict[str, pd.DataFrame]:
    """The files of the effects on access: one estimated, one in bounds, one of few persons, one not estimable."""
    counts = [(900, 300), (500, 90), (60, 4), (None, None)]
    rows = [dict(estimand_code="opening_after_outreach", benefit_code=benefit, horizon_months=6,
                 family_code="access_primary", is_estimated=bool(met), is_bounds_only=benefit == "PPA", label=label,
                 reasons=why, supported_count=met, opened_count=opened, estimate=met and 0.125, low=met and 0.051,
                 high=met and 0.199, open_share=met and opened / met, counterfactual_share=met and opened / met - 0.125,
                 bounds_low=-0.2 if benefit == "PPA" else None, bounds_high=0.4 if benefit == "PPA" else None,
                 pre_p_value=met and 0.4, pre_power=met and 0.31, cluster_count=met and 30,
                 adjusted_p_value=met and 0.01)
            for benefit, (met, opened), label, why in (
                ("RSA", counts[0], "causal (aller-vers)", ""), ("PPA", counts[1], "causal (aller-vers)", "trop peu"),
                ("AL", counts[2], "causal (aller-vers)", ""), ("CSS_GRATUITE", counts[3], "non identifiable", "vide"))]
    design = load_design()
    frame = pd.DataFrame(rows, columns=[*WORDS, *NUMBERS, "adjusted_p_value"]).astype(
        dict.fromkeys([*NUMBERS, "adjusted_p_value"], float))
    path = pd.DataFrame([dict(rows[0], month=month, estimate=0.02 * max(month, 0), low=-0.02, high=0.3)
                         for month in range(-6, 7)])[[*KEY, *PATH, *COUNTS[1:], "is_bounds_only"]]
    return {"access_effects": frame, "access_paths": path,
            "access_deviations": deviations_table(("Ouverture : RSA, 12 mois, prévue, non estimable.",), design)}


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
    with warehouse.connect(settings.published_file, settings=settings, read_only=True) as con:
        computed_from = marts_hash(con)
    found = effects()
    write_estimates(settings, found | estimates(found["access_effects"]), computed_from)
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

