"""Months of entitlement kept within the first twelve, by benefit and by channel of the first contact.

Here: the reading of counted spells from the working warehouse and the files of the lake. Not here: the curves
(``outputs``, ``retention``), the comparison (``rmst``). Openings after outreach and others are compared as a
description: nothing makes both groups alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from tznr_platform.estimation.design import Design, load_design
from tznr_platform.estimation.multiplicity import adjusted_by_family
from tznr_platform.estimation.results import VERDICT, typed
from tznr_platform.estimation.retention import CENSORED, COLUMNS, cumulative_incidence
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
from tznr_platform.storage import warehouse
from tznr_platform.storage.estimates import marts_hash, write_estimates

if TYPE_CHECKING:
    import altair as alt

ESTIMAND = "retention_incidence"
KEPT = "kept"
Counts = tuple[int, int, int]
MONTHS = {
    "benefit_code": "string", "part_code": "string", "horizon_months": "Float64", "estimate_months": "Float64",
    "standard_error": "Float64", "low_months": "Float64", "high_months": "Float64", "spell_count": "Int64",
    "exit_count": "Int64", **VERDICT, "design_sha256": "string"}
DIFFERENCES = {
    "benefit_code": "string", "horizon_months": "Float64", "outreach_months": "Float64", "other_months": "Float64",
    "difference_months": "Float64", "standard_error": "Float64", "low_months": "Float64", "high_months": "Float64",
    "p_value": "Float64", "adjusted_p_value": "Float64", "outreach_spell_count": "Int64", "other_spell_count": "Int64",
    "outreach_exit_count": "Int64", "other_exit_count": "Int64",
    "cluster_count": "Int64", **VERDICT, "design_sha256": "string"}
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
    """By benefit: months kept and lost, difference between channels, each estimated or not; spells by group.

    ``spell_counts``, ``exit_counts`` (before ``months``): all, after outreach, after other contacts.
    """

    by_benefit: Mapping[str, tuple[RestrictedMean | NotEstimable, RmstDifference | NotEstimable]]
    spell_counts: Mapping[str, Counts]
    exit_counts: Mapping[str, Counts]
    months: float
    design: Design

    @property
    def means(self) -> tuple[RestrictedMean, ...]:
        return tuple(mean for mean, _ in self.by_benefit.values() if isinstance(mean, RestrictedMean))

    @property
    def differences(self) -> tuple[RmstDifference, ...]:
        return tuple(gap for _, gap in self.by_benefit.values() if isinstance(gap, RmstDifference))

    @property
    def not_estimable(self) -> tuple[NotEstimable, ...]:
        return tuple(one for pair in self.by_benefit.values() for one in pair if isinstance(one, NotEstimable))

    def to_frame(self) -> pd.DataFrame:
        """One row a benefit and part (kept, lost to each exit), or one that says why not."""
        rows = [row for benefit, (mean, _) in self.by_benefit.items() for row in self._months(benefit, mean)]
        return typed(rows, MONTHS)

    def difference_frame(self) -> pd.DataFrame:
        """One row a benefit, p-values corrected within the family of retention; or one that says why not."""
        rows = [self._difference(benefit, gap) for benefit, (_, gap) in self.by_benefit.items()]
        frame = pd.DataFrame(rows, columns=[*DIFFERENCES, "family_code"]).astype({"p_value": "float64"})
        return typed(adjusted_by_family(frame, self.design), DIFFERENCES)

    def _months(self, benefit: str, mean: RestrictedMean | NotEstimable) -> list[dict]:
        known = {"benefit_code": benefit, "horizon_months": self.months, "spell_count": self.spell_counts[benefit][0],
                 "exit_count": self.exit_counts[benefit][0],
                 "is_estimated": isinstance(mean, RestrictedMean), "design_sha256": self.design.sha256}
        if isinstance(mean, NotEstimable):
            return [{**known, "part_code": KEPT, "reason": mean.reason}]
        rows = mean.to_frame().assign(part_code=lambda frame: frame["exit_code"].replace("", KEPT))
        return [{**row, **known} for row in rows.to_dict("records")]

    def _difference(self, benefit: str, gap: RmstDifference | NotEstimable) -> dict:
        _, outreach, other = self.spell_counts[benefit]
        _, outreach_exits, other_exits = self.exit_counts[benefit]
        known = {"benefit_code": benefit, "horizon_months": self.months, "outreach_spell_count": outreach,
                 "other_spell_count": other, "outreach_exit_count": outreach_exits, "other_exit_count": other_exits,
                 "is_estimated": isinstance(gap, RmstDifference),
                 "design_sha256": self.design.sha256, "family_code": self.design.estimand(ESTIMAND).family}
        if isinstance(gap, NotEstimable):
            return {**known, "reason": gap.reason}
        found = gap.to_frame().iloc[0].to_dict()
        return {**found, **known, "outreach_months": found["first_months"], "other_months": found["second_months"]}

    def kept(self, smallest: int = 0) -> pd.DataFrame:
        """Months kept by benefit, over at least ``smallest`` spells."""
        frame = self.to_frame()
        return frame[(frame["part_code"] == KEPT) & (frame["spell_count"] >= smallest)]

    def plot(self, smallest: int = 0) -> alt.Chart:
        """Months kept by benefit, with their intervals, over at least ``smallest`` spells."""
        from tznr_platform.estimation.interval_chart import interval_chart

        rows = self.kept(smallest)
        rows = rows[rows["is_estimated"]]
        return interval_chart(rows, label="benefit_code", value="estimate_months", low="low_months",
                              high="high_months", title=f"Mois de droit conservés sur {self.months:g}", axis="Mois",
                              nothing=None)

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
    found, counts, exits = {}, {}, {}
    for code, rows in spells.groupby("benefit_code", observed=True, sort=True):
        benefit = str(code)
        whole = cumulative_incidence(rows, benefit, design=design)
        mean = whole if isinstance(whole, NotEstimable) else restricted_mean(whole, months)
        left_out = [_curves(rows[rows["territory_code"] != territory], benefit, design)
                    for territory in sorted(set(rows["territory_code"]))]
        found[benefit] = mean, rmst_difference(*_curves(rows, benefit, design), months, left_out=left_out)
        outreach = rows["channel_code"].isin(design.outreach_channels)
        counts[benefit] = _counts(rows["spell_count"], outreach)
        left = (rows["exit_code"] != CENSORED) & (rows["duration_months"] < months)
        exits[benefit] = _counts(rows["spell_count"].where(left, 0), outreach)
    return RetentionMonths(found, counts, exits, months, design)


def _counts(spells: pd.Series, outreach: pd.Series) -> Counts:
    total, after = int(spells.sum()), int(spells[outreach].sum())
    return total, after, total - after


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
        outcome, computed_from = retention_months(con.execute(COUNTED).df()), marts_hash(con)
    write_estimates(settings, {"retention_months": outcome.to_frame(),
                               "retention_differences": outcome.difference_frame()}, computed_from)
    return outcome
