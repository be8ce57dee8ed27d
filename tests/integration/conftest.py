"""An empty inbox with a key, for tests of the intake."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.intake_files import Inbox, settings_in
from tznr_platform.privacy.pseudonym import AnalysisKey


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    settings = settings_in(tmp_path / "data")
    AnalysisKey.create(settings)
    settings.inbox_dir.mkdir(parents=True)
    return Inbox(settings)
