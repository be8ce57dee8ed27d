"""Two builds for all tests of the warehouse: nothing received, then six persons.

dbt parses the project once: both builds write the same file.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.integration.warehouse.builds import Built, create_sources, run_dbt
from tznr_platform.settings import Settings
from tznr_platform.storage import warehouse

COHORT = Path(__file__).with_name("cohort.sql")


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A data directory whose working file has the sources of dbt, empty."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("dbt"), memory_limit="1GB")
    create_sources(settings)
    return settings


@pytest.fixture(scope="session")
def empty_build(workshop: Settings, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """`dbt build`, unit tests included, on a warehouse that has received nothing; the result is kept apart."""
    built = run_dbt(workshop, "build")
    kept = Settings(data_dir=tmp_path_factory.mktemp("dbt-empty"))
    kept.working_file.parent.mkdir(parents=True)
    shutil.copy(workshop.working_file, kept.working_file)
    return replace(built, settings=kept)


@pytest.fixture(scope="session")
def cohort_build(empty_build: Built, workshop: Settings) -> Built:
    """`dbt build` on the six persons of `cohort.sql`, after the empty one: the file is the same."""
    with warehouse.writer(workshop) as con:
        con.execute(COHORT.read_text())
    return run_dbt(workshop, "build", "--exclude-resource-type", "unit_test")
