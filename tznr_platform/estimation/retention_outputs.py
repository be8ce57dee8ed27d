"""Months of entitlement kept within the first twelve, by benefit and by channel of the first contact.

Here: the reading of counted spells from the working warehouse and the files of the lake. Not here: the curves
(``outputs``, ``retention``), the comparison (``rmst``). Openings after outreach and others are compared as a
description: nothing makes both groups alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from tznr_platform.estimation.design import Design, load_design
from tznr_platform.estimation.multiplicity import adjusted_by_family
from tznr_platform.estimation.retention import COLUMNS, cumulative_incidence
from tznr_platform.estimation.rmst import HORIZON, RestrictedMean, RmstDifference, restricted_mean, rmst_difference
from tznr_platform.estimation.verdict import NotEstimable, require_columns
from tznr_platform.settings import Settings
from tznr_platform.storage import lake, warehouse

ESTIMAND = "retention_incidence"
GROUPS = {True: "aller-vers", False: "autres contacts"}
COUNTED = """
select openings.benefit_code, contacts.channel_code, openings.exit_code, count(*) as spell_count,
    1 + datediff('month', openings.opening_month, openings.spell_last_month) as duration_months
from intermediate.int_opening as openings
join intermediate.int_person_contact as contacts using (territory_code, person_id)
where openings.territory_code = 'FR'
group by all
order by all
"""


@dataclass(frozen=True, eq=False)
class RetentionMonths:
    """Months kept and lost by benefit, differences between channels, and what could not be estimated."""

    means: tuple[RestrictedMean, ...]
    differences: tuple[RmstDifference, ...]
    not_estimable: tuple[NotEstimable, ...]
    design: Design

    def to_frame(self) -> pd.DataFrame:
        """One row a benefit and part (kept, lost to each exit); empty without any."""
        return pd.concat([pd.DataFrame(), *(one.to_frame() for one in self.means)], ignore_index=True)

    def difference_frame(self) -> pd.DataFrame:
        """One row a benefit, p-values corrected within the family of retention; empty without any."""
        if not self.differences:
            return pd.DataFrame()
        frame = pd.concat([one.to_frame() for one in self.differences], ignore_index=True)
        return adjusted_by_family(frame.assign(family_code=self.design.estimand(ESTIMAND).family), self.design)

    def explain(self) -> str:
        """A sentence a benefit, a difference, a reason."""
        return "\n".join([*(one.explain() for one in (*self.means, *self.differences)), *map(str, self.not_estimable)])


def retention_months(spells: pd.DataFrame, months: float = HORIZON, *, design: Design | None = None) -> RetentionMonths:
    """Restricted means of each benefit, and outreach minus other contacts.

    ``spells``: counted rows as in ``cumulative_incidence``, with ``benefit_code`` and ``channel_code``.
    """
    require_columns(spells, ("benefit_code", "channel_code", *COLUMNS), "maintien des droits")
    design = design or load_design()
    outreach = spells["channel_code"].isin(design.outreach_channels)
    found: list[RestrictedMean | RmstDifference | NotEstimable] = []
    for benefit, rows in spells.groupby("benefit_code", observed=True, sort=True):
        whole = cumulative_incidence(rows, str(benefit), design=design)
        found.append(whole if isinstance(whole, NotEstimable) else restricted_mean(whole, months))
        found.append(rmst_difference(*(
            cumulative_incidence(rows[outreach[rows.index] == is_outreach], f"{benefit}, {name}", design=design)
            for is_outreach, name in GROUPS.items()), months))
    return RetentionMonths(tuple(one for one in found if isinstance(one, RestrictedMean)),
                           tuple(one for one in found if isinstance(one, RmstDifference)),
                           tuple(one for one in found if isinstance(one, NotEstimable)), design)


def write_retention_months(settings: Settings) -> RetentionMonths:
    """Months kept, from the working warehouse: ``lake/estimates/retention_months`` and ``retention_differences``.

    Raises ``UserError`` STORAGE when there is no working warehouse or no room left.
    """
    with warehouse.connect(settings.working_file, settings=settings, read_only=True) as con:
        outcome = retention_months(con.execute(COUNTED).df())
        for name, frame in (("retention_months", outcome.to_frame()),
                            ("retention_differences", outcome.difference_frame())):
            if len(frame):
                con.register("found", frame)
                lake.write_parquet(con, "select * from found", settings.lake_dir / "estimates" / f"{name}.parquet")
    return outcome
