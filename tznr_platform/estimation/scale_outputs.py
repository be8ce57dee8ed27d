"""Scales from published moments: reliability of every wave, comparability of every pair of waves.

Here: the reading of ``mart_scale_moments`` and the files of the lake. Not here: the coefficients (``scales``,
``invariance``), which know neither files nor settings.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from tznr_platform.estimation.invariance import Invariance, invariance_from_moments
from tznr_platform.estimation.scales import Reliability, reliability_from_covariance
from tznr_platform.estimation.verdict import NotEstimable, require_columns
from tznr_platform.settings import Settings
from tznr_platform.storage import lake, warehouse

KEY = ["instrument_code", "instrument_version", "dimension_code", "first_wave_code", "last_wave_code"]
SIDES = ["wave_code", "item_code"], ["other_wave_code", "other_item_code"]
COLUMNS = (*KEY, *SIDES[0], *SIDES[1], "respondent_count", "item_mean", "item_covariance")
MOMENTS = f"select {', '.join(COLUMNS)} from marts.mart_scale_moments"


@dataclass(frozen=True, eq=False)
class ScaleOutcome:
    """What each scale is worth at each wave, and which waves may be compared; reasons of what could not be said."""

    reliabilities: tuple[Reliability, ...]
    comparabilities: tuple[Invariance, ...]
    not_estimable: tuple[NotEstimable, ...]

    def to_frame(self) -> pd.DataFrame:
        """Reliability: one row a scale, wave and item; empty without any."""
        return pd.concat([pd.DataFrame(), *(one.to_frame() for one in self.reliabilities)], ignore_index=True)

    def comparability_frame(self) -> pd.DataFrame:
        """Comparability: one row a scale, pair of waves and model; empty without any."""
        return pd.concat([pd.DataFrame(), *(one.to_frame() for one in self.comparabilities)], ignore_index=True)

    def explain(self) -> str:
        """A sentence a scale and wave, then a pair of waves, then what could not be estimated."""
        return "\n".join([one.explain() for one in (*self.reliabilities, *self.comparabilities)]
                         + [str(one) for one in self.not_estimable])


def scales_from_moments(moments: pd.DataFrame) -> ScaleOutcome:
    """Every scale of ``mart_scale_moments``, in the order of their codes; reversed items are already turned there."""
    require_columns(moments, COLUMNS, "moments des items")
    found = list(_estimated(moments))
    return ScaleOutcome(tuple(one for one in found if isinstance(one, Reliability)),
                        tuple(one for one in found if isinstance(one, Invariance)),
                        tuple(one for one in found if isinstance(one, NotEstimable)))


def _estimated(moments: pd.DataFrame) -> Iterator[Reliability | Invariance | NotEstimable]:
    for key, rows in moments.groupby(KEY, observed=True, sort=True):
        instrument, version, dimension, first, last = map(str, key)
        name = f"{instrument} {version}, {dimension}"
        covariance = rows.pivot(index=SIDES[0], columns=SIDES[1], values="item_covariance")
        covariance = covariance.sort_index().sort_index(axis=1)
        count = int(rows["respondent_count"].iloc[0])
        items = list(dict.fromkeys(covariance.index.get_level_values(1)))
        if first == last:
            yield reliability_from_covariance(f"{name}, {first}", items, covariance.to_numpy(), count)
        else:
            means = rows.groupby(SIDES[0])["item_mean"].first().loc[covariance.index].to_numpy().reshape(2, -1)
            yield invariance_from_moments(name, (first, last), means=means, covariance=covariance.to_numpy(),
                                          respondent_count=count)


def write_scales(settings: Settings) -> ScaleOutcome:
    """Scales of the published warehouse, written to ``lake/estimates/scale_reliability`` and ``scale_comparability``.

    Raises ``UserError`` STORAGE when there is no published warehouse or no room left.
    """
    with warehouse.connect(settings.published_file, settings=settings, read_only=True) as con:
        outcome = scales_from_moments(con.execute(MOMENTS).df())
        for name, frame in (("scale_reliability", outcome.to_frame()),
                            ("scale_comparability", outcome.comparability_frame())):
            if len(frame):
                con.register("found", frame)
                lake.write_parquet(con, "select * from found", settings.lake_dir / "estimates" / f"{name}.parquet")
    return outcome
