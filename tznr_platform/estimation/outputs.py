"""Estimates as files of the lake: read published marts, estimate, write Parquet.

Here: one writer per family of estimates. Not here: the estimators, which know neither files nor settings.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from tznr_platform.estimation.match_rates import COUNTS, KEY, MatchRates, match_rates
from tznr_platform.estimation.retention import FRAME_TYPES, Incidence, cumulative_incidence
from tznr_platform.estimation.verdict import NotEstimable
from tznr_platform.settings import Settings
from tznr_platform.storage import warehouse
from tznr_platform.storage.estimates import marts_hash, write_estimates

SPELLS = "select benefit_code, duration_months, exit_code, spell_count from marts.mart_spell_durations"
MATCHES = f"select {', '.join((*KEY, *COUNTS))} from marts.mart_match_rates"


@dataclass(frozen=True, eq=False)
class RetentionOutcome:
    """What was estimated (rows of ``Incidence.to_frame()``) and what could not be, with the reasons."""

    frame: pd.DataFrame
    not_estimable: tuple[NotEstimable, ...]

    @property
    def not_estimable_count(self) -> int:
        return len(self.not_estimable)

    def plot_png(self) -> bytes:
        """Cumulative incidence by benefit, as a picture."""
        from tznr_platform.estimation import charts

        return charts.png(charts.incidence_chart(self.frame))


def retention_by_benefit(spells: pd.DataFrame) -> RetentionOutcome:
    """Estimate every benefit of ``mart_spell_durations``, in the order of their codes."""
    by_benefit = spells.groupby("benefit_code", observed=True)
    results = [cumulative_incidence(rows, str(code)) for code, rows in by_benefit]
    frames = [result.to_frame() for result in results if isinstance(result, Incidence)]
    empty = pd.DataFrame(columns=list(FRAME_TYPES)).astype(FRAME_TYPES)
    frame = pd.concat([empty, *frames], ignore_index=True)
    return RetentionOutcome(frame, tuple(result for result in results if isinstance(result, NotEstimable)))


def write_retention(settings: Settings) -> RetentionOutcome:
    """Estimate retention from the published warehouse and write ``lake/estimates/retention.parquet``.

    Raises ``UserError`` STORAGE when there is no published warehouse or no room left.
    """
    with warehouse.connect(settings.published_file, settings=settings, read_only=True) as con:
        outcome = retention_by_benefit(con.execute(SPELLS).df())
        computed_from = marts_hash(con)
    write_estimates(settings, {"retention": outcome.frame}, computed_from)
    return outcome


def write_match_rates(settings: Settings) -> MatchRates:
    """Match rates from the published warehouse, written to ``lake/estimates/match_rates.parquet``.

    Raises ``UserError`` STORAGE when there is no published warehouse or no room left.
    """
    with warehouse.connect(settings.published_file, settings=settings, read_only=True) as con:
        rates = match_rates(con.execute(MATCHES).df())
        computed_from = marts_hash(con)
    write_estimates(settings, {"match_rates": rates.to_frame()}, computed_from)
    return rates
