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
from tznr_platform.estimation.rmst import (
    HORIZON,
    Curve,
    RestrictedMean,
    RmstDifference,
    restricted_mean,
    rmst_difference,
)
from tznr_platform.estimation.verdict import NotEstimable, require_columns
from tznr_platform.settings import Settings
from tznr_platform.storage import lake, warehouse

ESTIMAND = "retention_incidence"
COUNTED = """
with first_territory as (
    select person_id,
        arg_min(territory_code, strftime(first_contact_date, '%Y%m%d') || territory_code) as territory_code
    from intermediate.int_person_contact where territory_code <> 'FR' group by person_id
)
select first_territory.territory_code, openings.benefit_code, contacts.channel_code, openings.exit_code,
    1 + datediff('month', openings.opening_month, openings.spell_last_month) as duration_months, count(*) as spell_count
from intermediate.int_opening as openings
join intermediate.int_person_contact as contacts using (territory_code, person_id)
join first_territory on first_territory.person_id = openings.person_id
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
    """Restricted means of each benefit, and outreach minus other contacts with the error of territories.

    ``spells``: counted rows as in ``cumulative_incidence``, with ``benefit_code``, ``channel_code`` and the territory
    of the first contact, left out in turn.
    """
    require_columns(spells, ("territory_code", "benefit_code", "channel_code", *COLUMNS), "maintien des droits")
    design = design or load_design()
    found: list[RestrictedMean | RmstDifference | NotEstimable] = []
    for benefit, rows in spells.groupby("benefit_code", observed=True, sort=True):
        whole = cumulative_incidence(rows, str(benefit), design=design)
        found.append(whole if isinstance(whole, NotEstimable) else restricted_mean(whole, months))
        left_out = [_curves(rows[rows["territory_code"] != code], str(benefit), design)
                    for code in sorted(set(rows["territory_code"]))]
        found.append(rmst_difference(*_curves(rows, str(benefit), design), months, left_out=left_out))
    return RetentionMonths(tuple(one for one in found if isinstance(one, RestrictedMean)),
                           tuple(one for one in found if isinstance(one, RmstDifference)),
                           tuple(one for one in found if isinstance(one, NotEstimable)), design)


def _curves(rows: pd.DataFrame, benefit: str, design: Design) -> tuple[Curve, Curve]:
    """Curves of openings after outreach, and after other contacts."""
    outreach = rows["channel_code"].isin(design.outreach_channels)
    return (cumulative_incidence(rows[outreach], f"{benefit}, aller-vers", design=design),
            cumulative_incidence(rows[~outreach], f"{benefit}, autres contacts", design=design))


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
