"""The cluster jackknife of an aggregate of effects by cohort: estimated again without each cluster.

Here: CRV3 errors and covariance of averages of group-time effects, whatever the estimator, the covariates and the
starts. Not here: the effects (``group_time``), tests and intervals, which need one change a cluster (``clusters``).
Source: MacKinnon, Nielsen and Webb (2023).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from tznr_platform.estimation.group_time import PARTS, Aggregate, Kind, group_time_effects
from tznr_platform.estimation.honest_trends import EventStudy
from tznr_platform.estimation.verdict import NotEstimable, require_columns
from tznr_platform.french import count, number


@dataclass(frozen=True, eq=False)
class JackknifedAggregate:
    """Parts that exist without any one cluster (``part`` missing: the overall effect), with their covariance."""

    kind: Kind
    parts: tuple[float | None, ...]
    estimates: np.ndarray
    covariance: np.ndarray = field(repr=False)
    cluster_count: int

    def to_frame(self) -> pd.DataFrame:
        """One row a part."""
        return pd.DataFrame({"kind": self.kind, "part": self.parts, "estimate": self.estimates,
                             "standard_error": np.sqrt(self.covariance.diagonal())})

    def explain(self) -> str:
        """French sentence that may be printed under the estimate."""
        return (f"Effet moyen après le début : {number(self.estimates[0], 3)} ({PARTS[self.kind].lower()}), erreur "
                f"type {number(np.sqrt(self.covariance[0, 0]), 3)} "
                f"(jackknife sur {count(self.cluster_count, 'grappe')}).")

    def plot(self):
        """Altair chart: each part with one standard error on each side."""
        from tznr_platform.estimation.interval_chart import interval_chart

        rows = self.to_frame()
        low, high = (rows["estimate"] + turn * rows["standard_error"] for turn in (-1, 1))
        labels = ["Ensemble" if part is None else number(part) for part in self.parts]
        rows = rows.assign(label=labels, low=low, high=high)
        return interval_chart(rows, label="label", value="estimate", low="low", high="high", axis="Effet",
                              title="Effet et une erreur type (jackknife)")

    def event_study(self) -> EventStudy | NotEstimable:
        """What ``honest_trends`` needs; meant for ``dynamic`` with the universal base."""
        kept = [rank for rank, part in enumerate(self.parts) if part is not None and self.covariance[rank, rank] > 0]
        before = sum(self.parts[rank] < 0 for rank in kept)
        return EventStudy.of(self.estimates[kept], self.covariance[np.ix_(kept, kept)], before)


def jackknife(frame: pd.DataFrame, kind: Kind, *, cluster: str,
              **options: object) -> JackknifedAggregate | NotEstimable:
    """Estimate ``kind`` with the options of ``group_time_effects``, then again without each ``cluster``.

    Not estimable when the whole is not, or when one cluster alone carries the overall effect.
    """
    require_columns(frame, (cluster,), "jackknife")
    whole = _parts(frame, kind, options)
    if isinstance(whole, NotEstimable):
        return whole
    codes = frame[cluster].unique()
    left_out = [_parts(frame[frame[cluster] != code], kind, options) for code in codes]
    if len(codes) < 2 or any(isinstance(parts, NotEstimable) for parts in left_out):
        return NotEstimable("jackknife", "une grappe porte seule toute l'information sur l'effet")
    kept = [part for part in whole if all(part in parts for parts in left_out)]
    estimates = np.array([whole[part] for part in kept])
    gaps = np.array([[parts[part] for part in kept] for parts in left_out]) - estimates
    return JackknifedAggregate(kind, tuple(kept), estimates, (len(codes) - 1) / len(codes) * gaps.T @ gaps, len(codes))


def _parts(frame: pd.DataFrame, kind: Kind, options: dict) -> dict[float | None, float] | NotEstimable:
    effects = group_time_effects(frame, **options)
    found = effects if isinstance(effects, NotEstimable) else effects.aggregate(kind)
    if not isinstance(found, Aggregate):
        return found
    return dict(zip([None, *found.parts.tolist()], found.estimates.tolist(), strict=True))
