"""Avoided costs from published marts, one analysis a perspective, and the CHEERS checklist of them.

Here: the reading of the marts and the files of the lake. Not here: the analysis (``psa``), which knows neither files
nor settings. Transfers are not read: they are a ledger of their own (``mart_transfers``).
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from tznr_platform.estimation import avoided
from tznr_platform.estimation.cheers import Checklist, checklist
from tznr_platform.estimation.costs import Euros, Ledger, Perspective, present_value
from tznr_platform.estimation.psa import Psa, sensitivity
from tznr_platform.estimation.verdict import NotEstimable, require_columns
from tznr_platform.settings import Settings
from tznr_platform.storage import lake, warehouse

AVOIDED = f"select {', '.join(avoided.COLUMNS)} from marts.mart_avoided_costs"
PROGRAMME = ("select fiscal_year, sum(programme_cost_paid_eur) as programme_cost_paid_eur "
             "from marts.mart_programme_costs where territory_code = 'FR' group by fiscal_year order by fiscal_year")
BEARING_THE_PROGRAMME = (Perspective.PUBLIC, Perspective.SOCIETY)


@dataclass(frozen=True, eq=False)
class CostOutcome:
    """One analysis a perspective that has unit costs; the others with their reason; the checklist."""

    analyses: tuple[Psa, ...]
    not_estimable: tuple[NotEstimable, ...]
    cheers: Checklist

    def to_frame(self) -> pd.DataFrame:
        """One row a perspective; no total, for perspectives do not add."""
        return pd.concat([pd.DataFrame(), *(one.to_frame() for one in self.analyses)], ignore_index=True)

    def payer_frame(self) -> pd.DataFrame:
        """One row a perspective and payer: mean avoided and its interval."""
        parts = [one.by_payer.assign(perspective_code=one.perspective.value) for one in self.analyses]
        return pd.concat([pd.DataFrame(), *parts], ignore_index=True)

    def explain(self) -> str:
        """A sentence a perspective."""
        return "\n".join([*(one.explain() for one in self.analyses), *map(str, self.not_estimable)])


def avoided_costs(events: pd.DataFrame, programme: pd.DataFrame) -> CostOutcome:
    """Analyses of ``mart_avoided_costs``, against the programme's cost paid in the nation, by year (``fiscal_year``).

    Every funder of the programme is public: providers and households bear none of it. The cost is discounted to the
    price year of the unit costs, which must be one: otherwise nothing is estimable before they are repriced.
    """
    require_columns(programme, ("fiscal_year", "programme_cost_paid_eur"), "coût du programme")
    quantities, listed = avoided.from_marts(events)
    years = sorted({event.price_year for event in listed})
    if len(years) != 1:
        reason = f"coûts unitaires en prix de plusieurs années ({', '.join(map(str, years))})." if years \
            else "aucun coût unitaire n'est établi."
        return CostOutcome((), (NotEstimable("coûts évités", reason),), checklist([]))
    spent = present_value({int(year): float(paid) for year, paid in
                           programme[["fiscal_year", "programme_cost_paid_eur"]].itertuples(index=False)}, years[0])
    found = [sensitivity(Euros(seen, Ledger.PROGRAMME, years[0], spent if seen in BEARING_THE_PROGRAMME else 0.0),
                         quantities, listed) for seen in Perspective]
    analyses = tuple(one for one in found if isinstance(one, Psa))
    return CostOutcome(analyses, tuple(one for one in found if isinstance(one, NotEstimable)), checklist(analyses))


def write_avoided_costs(settings: Settings) -> CostOutcome:
    """Avoided costs of the published warehouse, written to ``lake/estimates/avoided_costs``, by payer, and ``cheers``.

    Raises ``UserError`` STORAGE when there is no published warehouse or no room left.
    """
    with warehouse.connect(settings.published_file, settings=settings, read_only=True) as con:
        outcome = avoided_costs(con.execute(AVOIDED).df(), con.execute(PROGRAMME).df())
        for name, frame in (("avoided_costs", outcome.to_frame()), ("avoided_costs_by_payer", outcome.payer_frame()),
                            ("cheers", outcome.cheers.to_frame())):
            if len(frame):
                con.register("found", frame)
                lake.write_parquet(con, "select * from found", settings.lake_dir / "estimates" / f"{name}.parquet")
    return outcome
