"""Simulated amounts of cases, kept in the lake so that only what is new is ever computed.

Here: what the cache depends on, the slices that bound memory, the process apart. Not here: one simulation
(``simulation``), what the amounts mean for a description (``intervals``). A case names nobody.
"""

from __future__ import annotations

import hashlib
import inspect
from importlib.metadata import version

import duckdb
import pandas as pd

from tznr_platform.contracts import reference
from tznr_platform.entitlements import health_cover, households, legal_periods, reference_quarter, simulation
from tznr_platform.entitlements.hypotheses import CASE
from tznr_platform.settings import Settings
from tznr_platform.storage import lake, theoretical

SLICE = 5_000  # cases simulated over all legal periods at once: 1.1 GB
AMOUNTS = {"rsa_eur": "DOUBLE", "ppa_eur": "DOUBLE", "aspa_eur": "DOUBLE", "css_free": "BOOLEAN",
           "css_participation": "BOOLEAN", "is_own_household": "BOOLEAN"}
KEY = CASE | {"period_month": "VARCHAR"}
RULES = (simulation, health_cover, households, legal_periods, reference_quarter)


def rules_hash() -> str:
    """Sixteen characters that change with OpenFisca-France, the legal lists or the code of this room."""
    told = [version("openfisca-france"), *(inspect.getsource(module) for module in RULES),
            repr(reference("legal_amounts")), repr(reference("shocks"))]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:16]


def complete(con: duckdb.DuckDBPyConnection, settings: Settings, wanted: str) -> int:
    """Create the temporary table ``amount`` (``KEY``, ``AMOUNTS``) with every row of ``wanted`` (columns ``KEY``).

    Computes what the lake does not hold, adds it to the lake and returns the number of rows computed. Amounts of
    former rules are removed.
    """
    path = theoretical.amounts_file(settings, rules_hash())
    shape = ", ".join(f"{name} {kind}" for name, kind in (KEY | AMOUNTS).items())
    con.execute(f"create or replace temp table amount ({shape})")
    if path.exists():
        con.execute(f"insert into amount by name from read_parquet({lake.quote(path)})")
    keys = ", ".join(KEY)
    pending = con.execute(f"select distinct {keys} from {wanted} anti join amount using ({keys}) order by all").df()
    if len(pending):
        con.register("computed_rows", compute_isolated(pending))
        con.execute(f"insert into amount by name from computed_rows anti join amount using ({keys})")
        con.unregister("computed_rows")
        lake.write_parquet(con, f"from amount order by {keys}", path)
    for former in theoretical.former_amounts(settings, rules_hash()):
        former.unlink()
    return len(pending)


def compute(pending: pd.DataFrame) -> pd.DataFrame:
    """Amounts of the cases of ``pending`` (columns ``KEY``) in all of its periods: columns ``KEY`` and ``AMOUNTS``.

    Every case in every period, since a further month of a case is nearly free. Euros a month, to the cent.
    """
    months = sorted(pending["period_month"].unique())
    cases = pending[list(CASE)].drop_duplicates().reset_index(drop=True)
    slices = [cases.iloc[start:start + SLICE].reset_index(drop=True) for start in range(0, len(cases), SLICE)]
    return pd.concat([_compute_slice(part, months) for part in slices], ignore_index=True)


def compute_isolated(pending: pd.DataFrame) -> pd.DataFrame:
    """The same in a process of its own, whose memory goes back to the machine."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as pool:
        return pool.submit(compute, pending).result()


def _compute_slice(cases: pd.DataFrame, months: list[str]) -> pd.DataFrame:
    simulated = simulation.simulate_steady(cases, months)
    return pd.concat([_of_month(cases, simulated[simulated["month"] == month].reset_index(drop=True), month)
                      for month in months], ignore_index=True)


def _of_month(cases: pd.DataFrame, amounts: pd.DataFrame, month: str) -> pd.DataFrame:
    """The ASPA is personal: none under its age, half of the couple's where both are of age."""
    is_old = (cases["adult_age"] >= simulation.PENSION_AGE).to_numpy()
    share = is_old / (1 + (cases["partner_age"] >= simulation.PENSION_AGE).to_numpy())
    personal = {"rsa_eur": amounts["rsa"], "ppa_eur": amounts["ppa"], "aspa_eur": (amounts["aspa"] * share).round(2)}
    return pd.concat([cases.assign(period_month=month, **personal), health_cover.cover(cases, amounts, month)], axis=1)
