"""The grammar of file names."""

from __future__ import annotations

import datetime as dt
from pathlib import PurePosixPath

import pytest

from tznr_platform.intake.file_names import shown_name
from tznr_platform.intake.names import Name, NameReader, period_month


@pytest.mark.parametrize(("path", "expected"), [
    ("TZNR-05_personnes_2025-T2_v2.csv", Name("TZNR-05", "personnes", "2025-T2", 2)),
    ("CNAF_droits_mensuels_2025-06.csv", Name("CNAF", "droits_mensuels", "2025-06")),
    ("FRANCE_TRAVAIL_retours_2025-06.csv", Name("FRANCE_TRAVAIL", "retours", "2025-06")),
    ("france travail - Droits mensuels - 2025-06 - V12.xlsx",
     Name("FRANCE_TRAVAIL", "droits_mensuels", "2025-06", 12)),
    ("tznr5_Rencontres_2025_s1.ODS", Name("TZNR-05", "rencontres", "2025-S1")),
    ("TZNR-12/Dépenses_2025.csv", Name("TZNR-12", "depenses", "2025")),
    ("TZNR-12/2025/depenses-2025.csv", Name("TZNR-12", "depenses", "2025")),
    ("TZNR-99_personnes_2025-T2.csv", Name(None, "personnes", "2025-T2")),
    ("TZNR-12/TZNR-99_personnes_2025-T2.csv", Name(None, "personnes", "2025-T2")),
    ("TZNR-05_inconnue_2025-T2.csv", Name("TZNR-05", None, "2025-T2")),
    ("TZNR-05_personnes_2025-13.csv", Name("TZNR-05", None, None)),
    ("TZNR-05_personnes.csv", Name("TZNR-05", "personnes", None)),
    ("personnes_2025-T2.csv", Name(None, "personnes", "2025-T2")),
    ("caf_panel_communes_2020_2024.csv", Name("OPEN", "caf_communes", "2024")),
    ("communes.csv", Name("OPEN", "communes", "2026")),
])
def test_names(path, expected):
    assert NameReader().read(PurePosixPath(path), 2026) == expected


@pytest.mark.parametrize(("period", "month"), [
    ("2025", 1), ("2025-07", 7), ("2025-T1", 1), ("2025-T4", 10), ("2025-S1", 1), ("2025-S2", 7)])
def test_first_month_of_a_period(period, month):
    assert period_month(period) == dt.date(2025, month, 1)


def test_a_name_is_shown_without_tricks():
    assert shown_name("a\nb\u202ec\x00.csv") == "a�b�c�.csv"
