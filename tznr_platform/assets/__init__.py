"""Dagster assets, thin: read, call one function of a room, write, describe. A body has at most fifteen lines.

Metadata are counts and paths, never a value about a person.
"""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg

from tznr_platform.assets.deliverables import DELIVERABLES
from tznr_platform.assets.documentation import dbt_docs
from tznr_platform.assets.effects import EFFECTS
from tznr_platform.assets.entitlements import theoretical
from tznr_platform.assets.estimates import ESTIMATES
from tznr_platform.assets.exchange import EXCHANGE
from tznr_platform.assets.privacy import requests
from tznr_platform.assets.privacy_retention import retention_clock
from tznr_platform.assets.reception import reception_assets
from tznr_platform.assets.warehouse import WAREHOUSE


def all_assets() -> Sequence[dg.AssetsDefinition]:
    """Every asset of the platform, in the order in which data flows."""
    return [*reception_assets(), theoretical, *WAREHOUSE, dbt_docs, *EFFECTS, *ESTIMATES,
            *DELIVERABLES, *EXCHANGE, requests, retention_clock]
