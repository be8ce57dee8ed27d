"""Estimates of a warehouse that received nothing, then of six persons: typed files, reasons, no traceback."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.integration.warehouse.builds import Built
from tznr_platform.estimation.change_outputs import write_changes
from tznr_platform.estimation.charts import png
from tznr_platform.estimation.cost_outputs import write_avoided_costs
from tznr_platform.estimation.network_outputs import write_networks
from tznr_platform.estimation.practice_outputs import write_practices
from tznr_platform.estimation.retention_outputs import write_retention_months
from tznr_platform.estimation.scale_outputs import write_scales
from tznr_platform.settings import Settings
from tznr_platform.storage import warehouse

WRITERS = (write_retention_months, write_scales, write_changes, write_practices, write_networks, write_avoided_costs)
FILES = {"retention_months", "retention_differences", "scale_reliability", "scale_comparability", "scale_means",
         "scale_changes", "scale_change_tilts", "practice_changes", "networks", "network_summary", "network_cores",
         "network_access", "avoided_costs",
         "avoided_costs_by_payer", "cost_tornado", "cost_distribution", "cost_per_opening", "cheers"}


def _written(built: Built, folder: Path) -> dict[str, list[tuple]]:
    """Columns of every file of estimates of these very marts, after each writer ran and drew its picture."""
    settings = Settings(data_dir=folder)
    settings.working_file.parent.mkdir(parents=True)
    for target in (settings.working_file, settings.published_file):
        shutil.copy(built.settings.working_file, target)
    for write in WRITERS:
        assert png(write(settings).plot()).startswith(b"\x89PNG")
    with warehouse.connect(None, settings=settings) as con:
        files = {path.stem: path for path in (settings.lake_dir / "estimates").glob("*.parquet")}
        for path in files.values():
            frame = con.execute("select * from read_parquet(?)", [str(path)])
            doubles = [column[0] for column in frame.description if "DOUBLE" in str(column[1])]
            for name in doubles:
                assert con.execute(f'select count(*) from read_parquet(?) where isnan("{name}")',
                                   [str(path)]).fetchone() == (0,)
        return {name: con.execute("select column_name, column_type from (describe from read_parquet(?))",
                                  [str(path)]).fetchall() for name, path in files.items()}


@pytest.fixture(scope="module")
def of_nothing(empty_build: Built, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple]]:
    return _written(empty_build, tmp_path_factory.mktemp("nothing"))


def test_nothing_received_gives_every_file_with_its_types(of_nothing: dict[str, list[tuple]]):
    assert set(of_nothing) == FILES


def test_six_persons_give_the_same_files(of_nothing: dict[str, list[tuple]], cohort_build: Built, tmp_path: Path):
    assert _written(cohort_build, tmp_path) == of_nothing
