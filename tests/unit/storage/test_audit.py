"""The audit log shows any tampering."""

from __future__ import annotations

import pytest

from tznr_platform.errors import UserError
from tznr_platform.settings import Settings
from tznr_platform.storage import audit, chain


@pytest.fixture
def settings(tmp_path):
    settings = Settings(data_dir=tmp_path)
    for number in range(5):
        audit.append(settings, "promotion", f"porte-{number}", rows=number)
    return settings


def test_a_log_of_five_entries_verifies(settings):
    assert audit.verify(settings) == 5


def test_an_absent_log_is_empty(tmp_path):
    assert audit.verify(Settings(data_dir=tmp_path)) == 0


@pytest.mark.parametrize("tamper", [
    lambda lines: [*lines[:2], lines[2].replace("porte-2", "porte-9"), *lines[3:]],
    lambda lines: [*lines[:2], *lines[3:]],
    lambda lines: [lines[1], lines[0], *lines[2:]],
    lambda lines: [*lines[:2], "pas du json", *lines[3:]],
    lambda lines: [*lines[:2], "[]", *lines[3:]],
])
def test_a_line_changed_removed_or_moved_shows(settings, tamper):
    lines = tamper(settings.audit_file.read_text().splitlines())
    settings.audit_file.write_text("\n".join(lines) + "\n")
    with pytest.raises(UserError):
        audit.verify(settings)


def test_an_entry_says_who_did_what_and_why(settings):
    audit.append(settings, "erasure", "demande-1", why="effacement demandé", files=3)
    entry = chain.entries(settings.audit_file, audit.WHAT)[-1]
    assert entry["operator"] == settings.operator and entry["why"] == "effacement demandé"
    assert entry["action"] == "erasure" and entry["facts"] == {"files": 3} and entry["recorded_at"].endswith("+00:00")
