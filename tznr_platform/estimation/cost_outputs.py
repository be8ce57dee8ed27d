"""Avoided costs from published marts, one analysis a perspective, cost per opening in addition, CHEERS checklist.

Here: the reading of the marts and the files of the lake. Not here: the analysis (``psa``), the openings in addition
(``additional_openings``), which know neither files nor settings. Transfers are not read: they are a ledger of their own
(``mart_transfers``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from tznr_platform import french
from tznr_platform.estimation import avoided
from tznr_platform.estimation.additional_openings import additional_openings, counted_benefits
from tznr_platform.estimation.cheers import Checklist, checklist
from tznr_platform.estimation.costs import Euros, Ledger, Perspective, present_value
from tznr_platform.estimation.design import load_design
from tznr_platform.estimation.fieller import CostPerOpening, Ratio, cost_per_opening
from tznr_platform.estimation.psa import Psa, sensitivity
from tznr_platform.estimation.results import VERDICT, typed
from tznr_platform.estimation.verdict import NotEstimable, require_columns
from tznr_platform.settings import Settings
from tznr_platform.storage import warehouse
from tznr_platform.storage.estimates import marts_hash, show_current, write_estimates

if TYPE_CHECKING:
    import altair as alt

AVOIDED = f"select {', '.join(avoided.COLUMNS)} from marts.mart_avoided_costs"
PROGRAMME = ("select fiscal_year, sum(programme_cost_paid_eur) as programme_cost_paid_eur "
             "from marts.mart_programme_costs where territory_code = 'FR' group by fiscal_year order by fiscal_year")
OPENED = ("select coalesce(sum(opened_count), 0) from marts.mart_access "
          "where territory_code = 'FR' and channel_code = 'tous'")
COVERED = ("select sum(person_count) filter (territory_code = 'FR'), count(*) filter (territory_code <> 'FR'), "
           "count(*) filter (territory_code <> 'FR' and has_deliveries) from marts.mart_coverage")
BEARING_THE_PROGRAMME = (Perspective.PUBLIC, Perspective.SOCIETY)
DECLARED = "dépenses payées, déclarées par les territoires"
# 18 territories x 1.2 M€; the second if co-financing is 20 % of the total (Banque des territoires, 2026; question Q15)
ANNOUNCED = {"coût complet annoncé, 21,6 M€": 21.6e6, "coût complet annoncé, 22,5 M€": 22.5e6}
SCENARIOS = dict(zip((DECLARED, *ANNOUNCED), ("declare", "annonce_bas", "annonce_haut"), strict=True))
NO_PRICE_INDEX = "aucun indice de prix sourcé n'est tenu par la plateforme, ils ne sont pas convertis"
ANALYSES = {
    "perspective_code": "string", "perspective_label": "string", "price_year": "Int64", "discount_rate": "Float64",
    "draw_count": "Int64", **dict.fromkeys((
        "avoided_mean_eur", "avoided_low_eur", "avoided_high_eur", "programme_mean_eur", "net_mean_eur", "net_low_eur",
        "net_high_eur", "net_positive_probability", "literature_share"), "Float64"),
    "is_base_case": "boolean", "excluded_count": "Int64", **VERDICT, "design_sha256": "string"}
PAYERS = {"perspective_code": "string", "payer_code": "string", **dict.fromkeys(("mean_eur", "low_eur", "high_eur"),
                                                                              "Float64")}
TORNADO = {"perspective_code": "string", "rank": "Int64", "parameter": "string", **dict.fromkeys(
    ("parameter_low", "parameter_high", "net_low_eur", "net_high_eur", "net_at_mean_eur"), "Float64")}
DISTRIBUTION = {"perspective_code": "string", "percentile": "Int64", "net_eur": "Float64"}
OPENINGS = {"scenario_code": "string", "scenario": "string", "programme_cost_eur": "Float64",
            "gross_openings": "Int64", **dict.fromkeys(
    ("gross_eur", "additional_openings", "corrected_eur", "corrected_low_eur", "corrected_high_eur"), "Float64"),
    "benefits_label": "string", "status_label": "string", **VERDICT, "design_sha256": "string"}
CHEERS = {"number": "Int64", **dict.fromkeys(("section_label", "topic_label", "expected_label", "status_label",
                                              "answer_label"), "string")}
PERCENTILES = (1, 5, 10, 25, 50, 75, 90, 95, 99)


@dataclass(frozen=True, eq=False)
class CostOutcome:
    """By perspective: the analysis or why there is none; cost per opening by total of the programme; checklist."""

    by_perspective: Mapping[Perspective, Psa | NotEstimable]
    per_opening: Sequence[CostPerOpening]
    additional_count: float | None
    benefits_label: str
    cheers: Checklist

    @property
    def analyses(self) -> tuple[Psa, ...]:
        return tuple(one for one in self.by_perspective.values() if isinstance(one, Psa))

    @property
    def not_estimable(self) -> tuple[NotEstimable, ...]:
        return tuple(one for one in self.by_perspective.values() if isinstance(one, NotEstimable))

    def to_frame(self) -> pd.DataFrame:
        """One row a perspective, estimated or not; no total, for perspectives do not add."""
        return typed([{**one.to_frame().iloc[0].to_dict(), "is_estimated": True} if isinstance(one, Psa) else
                      {"perspective_code": seen.value, "perspective_label": seen.title, "is_estimated": False,
                       "reason": one.reason, "design_sha256": load_design().sha256}
                      for seen, one in self.by_perspective.items()], ANALYSES)

    def payer_frame(self) -> pd.DataFrame:
        """One row a perspective and payer: mean avoided and its interval."""
        return self._by_analysis(PAYERS, lambda one: one.by_payer)

    def tornado_frame(self) -> pd.DataFrame:
        """One row a perspective and parameter, the widest first."""
        return self._by_analysis(TORNADO, lambda one: one.tornado.assign(rank=range(1, len(one.tornado) + 1)))

    def distribution_frame(self) -> pd.DataFrame:
        """Percentiles of the draws of the net saving, by perspective."""
        return self._by_analysis(DISTRIBUTION, lambda one: pd.DataFrame(
            {"percentile": PERCENTILES, "net_eur": np.percentile(one.net, PERCENTILES)}))

    def opening_frame(self) -> pd.DataFrame:
        """One row a total of the programme: cost per opening, gross, and per opening in addition or « non défini »."""
        return typed([{**one.to_frame().iloc[0].to_dict(), "additional_openings": self.additional_count,
                       "benefits_label": self.benefits_label, "is_estimated": isinstance(one.corrected, Ratio),
                       "scenario_code": SCENARIOS[one.scenario],
                       "reason": getattr(one.corrected, "reason", None)} for one in self.per_opening], OPENINGS)

    def _by_analysis(self, types: Mapping[str, str], part) -> pd.DataFrame:
        return typed(pd.concat([pd.DataFrame(), *(part(one).assign(perspective_code=one.perspective.value)
                                                  for one in self.analyses)]), types)

    def plot(self) -> alt.Chart:
        """Net saving of each perspective with its interval, against nothing saved."""
        from tznr_platform.estimation.interval_chart import interval_chart

        frame = self.to_frame()
        rows = frame[frame["is_estimated"]]
        return interval_chart(rows, label="perspective_label", value="net_mean_eur", low="net_low_eur",
                              high="net_high_eur", title="Coûts évités moins coût du programme, par point de vue",
                              axis="Euros")

    def explain(self) -> str:
        """A sentence a perspective, then the costs per opening."""
        return "\n".join([*(one.explain() for one in self.analyses), *map(str, self.not_estimable),
                          *(one.explain() for one in self.per_opening)])


def avoided_costs(events: pd.DataFrame, programme: pd.DataFrame, *, effects: pd.DataFrame | None = None,
                  gross_openings: int = 0, evaluators: Mapping[str, str] | None = None) -> CostOutcome:
    """Analyses of ``mart_avoided_costs``, against the programme's cost paid in the nation, by year (``fiscal_year``).

    Every funder of the programme is public: providers and households bear none of it. The cost is discounted to the
    price year of the unit costs of a perspective, which must be one: without a sourced index none is repriced.
    ``effects``: rows of ``access_effects``, from which openings in addition are taken where they are causal.
    """
    require_columns(programme, ("fiscal_year", "programme_cost_paid_eur"), "coût du programme")
    quantities, listed = avoided.from_marts(events)
    paid = {int(year): float(amount) for year, amount in
            programme[["fiscal_year", "programme_cost_paid_eur"]].itertuples(index=False)}
    found = {seen: _seen_from(seen, quantities, listed, paid) for seen in Perspective}
    more = additional_openings(effects)
    totals = {**({DECLARED: sum(paid.values())} if paid else {}), **ANNOUNCED}
    per_opening = cost_per_opening(totals, gross_openings, more)
    analyses = [one for one in found.values() if isinstance(one, Psa)]
    return CostOutcome(found, per_opening, None if isinstance(more, NotEstimable) else more.estimate,
                       counted_benefits(effects), checklist(analyses, per_opening, evaluators))


def _seen_from(seen: Perspective, quantities: Mapping, listed: Sequence[avoided.AvoidedEvent],
               paid: Mapping[int, float]) -> Psa | NotEstimable:
    """The analysis of one perspective, the programme being discounted to the price year of its unit costs."""
    years = sorted({event.price_year for event in avoided.kept(listed, seen)})
    if len(years) > 1:
        return NotEstimable(f"coûts évités, {seen.title}",
                            f"coûts unitaires en prix de plusieurs années ({', '.join(map(str, years))}) : "
                            f"{NO_PRICE_INDEX}.")
    if not years:
        return NotEstimable(f"coûts évités, {seen.title}", "aucun coût unitaire n'est établi pour ce point de vue.")
    bears = seen in BEARING_THE_PROGRAMME
    if bears and not paid:
        return NotEstimable(f"coûts évités, {seen.title}", "le coût du programme n'est pas transmis.")
    spent = present_value(paid, years[0]) if bears else 0.0
    return sensitivity(Euros(seen, Ledger.PROGRAMME, years[0], spent), quantities, listed)


def write_avoided_costs(settings: Settings) -> CostOutcome:
    """Avoided costs of the published warehouse and cost per opening: six files of ``lake/estimates``.

    Effects on access count only when they were computed from these very marts; persons and openings are told to the ten
    below, so that no masked count is found again by subtraction. Raises ``UserError`` STORAGE when there
    is no published warehouse or no room left.
    """
    with warehouse.connect(settings.published_file, settings=settings, read_only=True) as con:
        computed_from = marts_hash(con)
        is_known = "access_effects" in show_current(con, settings, computed_from)
        persons, total, present = con.execute(COVERED).fetchone()
        outcome = avoided_costs(
            con.execute(AVOIDED).df(), con.execute(PROGRAMME).df(),
            gross_openings=con.execute(OPENED).fetchone()[0] // 10 * 10,
            effects=con.execute("from estimates_access_effects").df() if is_known else None,
            evaluators={"persons": french.number((persons or 0) // 10 * 10), "territories": french.number(present),
                        "territory_total": french.number(total), "missing_territories": french.number(total - present)})
    write_estimates(settings, {
        "avoided_costs": outcome.to_frame(), "avoided_costs_by_payer": outcome.payer_frame(),
        "cost_tornado": outcome.tornado_frame(), "cost_distribution": outcome.distribution_frame(),
        "cost_per_opening": outcome.opening_frame(), "cheers": typed(outcome.cheers.to_frame(), CHEERS)}, computed_from)
    return outcome
