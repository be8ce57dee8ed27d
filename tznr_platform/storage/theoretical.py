"""Where theoretical entitlements lie in the lake, and their columns: kinds of household, never a person.

Here: two files and their shapes. Not here: computing them (``entitlements``).
"""

from __future__ import annotations

from pathlib import Path

from tznr_platform.settings import Settings
from tznr_platform.storage.lake import quote

DESCRIPTION = {
    "department_code": "VARCHAR", "first_contact_month": "DATE", "age_band_code": "VARCHAR", "family_code": "VARCHAR",
    "child_count": "BIGINT", "housing_code": "VARCHAR", "activity_code": "VARCHAR",
}
THEORETICAL = DESCRIPTION | {
    "benefit_code": "VARCHAR", "entitlement_code": "VARCHAR", "low_eur": "DOUBLE", "high_eur": "DOUBLE",
}


def theoretical_file(settings: Settings) -> Path:
    """One row a description and benefit."""
    return _folder(settings) / "theoretical.parquet"


def amounts_file(settings: Settings, rules: str) -> Path:
    """Simulated amounts, one row a case and legal period, under one state of the rules (a hash)."""
    return _folder(settings) / f"amounts-{rules}.parquet"


def former_amounts(settings: Settings, rules: str) -> list[Path]:
    """Amounts computed under other rules."""
    return sorted(set(_folder(settings).glob("amounts-*.parquet")) - {amounts_file(settings, rules)})


def theoretical(settings: Settings) -> str:
    """SQL of the theoretical entitlements; no row before their first computation."""
    path = theoretical_file(settings)
    if path.exists():
        return f"select {', '.join(THEORETICAL)} from read_parquet({quote(path)})"
    return f"select {', '.join(f'null::{kind} as {name}' for name, kind in THEORETICAL.items())} where false"


def _folder(settings: Settings) -> Path:
    return settings.lake_dir / "entitlements"
