"""One cohort of 300 persons, written once for all tests of this room."""

from __future__ import annotations

import pytest

from tests.unit.synthetic.cohort import Cohort, write_cohort


@pytest.fixture(scope="session")
def cohort(tmp_path_factory) -> Cohort:
    return write_cohort(tmp_path_factory.mktemp("synthetic"), threads=2)
