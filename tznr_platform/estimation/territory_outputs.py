"""Effects on the take-up of territories, from the aggregates that bodies send to the lake: or why there is none.

Here: what is read before any outcome, the list of comparison areas frozen beside the estimates, the two sizes
(detectable, possible), the row of each quantity of the design. Not here: the choice of donors (``matched_areas``), the
effect (``territory_panel``). A coefficient exists only where the least detectable effect is under the largest possible.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from tznr_platform.contracts import reference
from tznr_platform.estimation.design import Design, load_design
from tznr_platform.estimation.detectable import Detectable, detectable
from tznr_platform.estimation.matched_areas import AREAS, COVARIATES, LAST_MONTH_BEFORE, DonorList, match_areas
from tznr_platform.estimation.results import typed
from tznr_platform.estimation.territory_panel import TerritoryEffect, territory_effect, with_outcomes
from tznr_platform.estimation.verdict import NotEstimable
from tznr_platform.settings import Settings
from tznr_platform.storage import warehouse
from tznr_platform.storage.estimates import estimate_file, marts_hash, write_estimates

if TYPE_CHECKING:
    import altair as alt

BODY = "CNAF"
STARTS = {"2023": "2023-08", "2024": "2024-01"}
SERIES = f"""
    select area_code, strftime(entitlement_month, '%Y-%m') as month, ln(household_count) as value, is_comparison_area
    from marts.mart_area_outcomes where body_code = '{BODY}' and benefit_code = ? and household_count > 0"""
OPENED = ("select territory_code, opened_count from marts.mart_access "
          "where territory_code <> 'FR' and channel_code = 'tous' and benefit_code = ?")
DESCRIBED = """
    with places as (select commune_code, count(*) as place_count from staging.stg_france_services
                    group by commune_code),
    living as (select commune_code, arg_max(poverty_rate_percent, year) as poverty_rate_percent,
                   arg_max(median_living_standard_eur, year) as median_living_standard_eur
               from staging.stg_filosofi where year <= 2023 group by commune_code),
    registered as (select commune_code, arg_max(registered_count, year) as registered_count
                   from staging.stg_inscrits_france_travail where year <= 2023 group by commune_code)
    select communes.commune_code as area_code, communes.department_code, communes.population_count,
        living.poverty_rate_percent, living.median_living_standard_eur,
        registered.registered_count / nullif(communes.population_count, 0) as registered_share,
        coalesce(places.place_count, 0) as france_services_count
    from staging.stg_communes as communes
    left join living on living.commune_code = communes.commune_code
    left join registered on registered.commune_code = communes.commune_code
    left join places on places.commune_code = communes.commune_code"""
TYPES = {"estimand_code": "string", "benefit_code": "string", "horizon_months": "Int64", "label": "string",
         "is_estimated": "boolean", "is_identifiable": "boolean", "estimate": "Float64", "low": "Float64",
         "high": "Float64", "p_value": "Float64", "minimum_effect": "Float64", "maximum_effect": "Float64",
         "territory_count": "Int64", "comparison_count": "Int64", "opened_count": "Int64", "donors_sha256": "string",
         "design_sha256": "string", "reason": "string"}


@dataclass(frozen=True, eq=False)
class TerritoryOutcome:
    """``frame``: one row a quantity of the design, with its two sizes and the reason when no coefficient exists."""

    frame: pd.DataFrame

    @property
    def estimated_count(self) -> int:
        return int(self.frame["is_estimated"].sum())

    def plot(self) -> alt.Chart:
        """The two sizes of each benefit, one under the other."""
        import altair as alt

        names = {"minimum_effect": "Plus petit détectable", "maximum_effect": "Plus grand possible"}
        rows = self.frame.melt("benefit_code", list(names), "size", "effect").replace({"size": names})
        return alt.Chart(rows.astype({"effect": float}).dropna()).mark_bar().encode(
            x=alt.X("effect:Q", title="Effet sur le nombre de foyers"), y=alt.Y("size:N", title=None),
            row=alt.Row("benefit_code:N", title=None)).properties(width=420)


def write_territories(settings: Settings, *, design: Design | None = None) -> TerritoryOutcome:
    """Estimate every quantity of territories; write ``lake/estimates/territory_effects.parquet`` and freeze the donors.

    The donors are chosen, and frozen, before a month after December 2023 is read. Raises ``UserError`` STORAGE when
    there is no warehouse.
    """
    design = design or load_design()
    with warehouse.connect(settings.working_file, settings=settings, read_only=True) as con:
        computed_from, described = marts_hash(con), con.execute(DESCRIBED).df()
        rows = []
        for estimand in (one for one in design.estimands if one.comparison == "never_engaged_areas"):
            for benefit in estimand.benefits:
                before = con.execute(f"{SERIES} and month <= ?", [benefit, LAST_MONTH_BEFORE]).df()
                file = estimate_file(settings, f"donors_{benefit.lower()}").with_suffix(".json")
                donors = frozen_donors(before, described, file)
                outcomes, opened = con.execute(SERIES, [benefit]).df(), con.execute(OPENED, [benefit]).df()
                for horizon in estimand.horizon_months:
                    rows.append({"estimand_code": estimand.code, "benefit_code": benefit, "horizon_months": horizon,
                                 "design_sha256": design.sha256,
                                 **territory_row(donors, outcomes, opened, horizon, design)})
    outcome = TerritoryOutcome(typed(rows, TYPES))
    write_estimates(settings, {"territory_effects": outcome.frame}, computed_from)
    return outcome


def frozen_donors(before: pd.DataFrame, described: pd.DataFrame, file: Path) -> DonorList | NotEstimable:
    """The list frozen in ``file``; the first time, the nearest areas by what was known ``before`` the start.

    ``before``: columns of a series until December 2023; ``described``: what open data say of each commune.
    """
    if file.exists():
        return DonorList.read(file, hashlib.sha256(file.read_bytes()).hexdigest())
    if before.empty:
        return NotEstimable("zones de comparaison", "aucun agrégat reçu n'est antérieur à janvier 2024 : le passé des "
                                                    "zones n'est pas connu, aucune ne peut être choisie")
    codes = before.drop_duplicates("area_code")
    found = match_areas(_areas(codes, described), before[["area_code", "month", "value"]])
    if isinstance(found, DonorList):
        file.parent.mkdir(parents=True, exist_ok=True)
        found.freeze(file)
    return found


def territory_row(donors: DonorList | NotEstimable, outcomes: pd.DataFrame, opened: pd.DataFrame, horizon: int,
                  design: Design) -> dict[str, object]:
    """Label, effect or reason, and both sizes, of one benefit at one horizon (months)."""
    size, opened_count = _size(outcomes, opened, horizon)
    row = {"is_estimated": False, "label": design.labels["not_identifiable"], "opened_count": opened_count,
           **({"is_identifiable": size.is_identifiable, "minimum_effect": size.minimum_effect,
               "maximum_effect": size.maximum_effect, "territory_count": size.treated_count,
               "comparison_count": size.comparison_count} if isinstance(size, Detectable) else {})}
    found = donors if isinstance(donors, NotEstimable) else _effect(donors, outcomes, size, horizon, design)
    if isinstance(found, NotEstimable):
        said = size.explain() if isinstance(size, Detectable) and not size.is_identifiable else found.reason
        return {**row, "reason": said}
    told = found.to_frame().iloc[0]
    return {**row, "is_estimated": True, **{name: told[name] for name in ("estimate", "low", "high", "p_value")},
            "territory_count": found.territory_count, "comparison_count": found.donor_count,
            "donors_sha256": found.donors_sha256, "reason": ""}


def _effect(donors: DonorList, outcomes: pd.DataFrame, size: Detectable | NotEstimable, horizon: int,
            design: Design) -> TerritoryEffect | NotEstimable:
    starts = {row["territory_code"]: STARTS[row["start_wave"]] for row in reference("territories")}
    panel = with_outcomes(donors, outcomes[["area_code", "month", "value"]], starts, sha256=donors.sha256)
    if isinstance(panel, NotEstimable):
        return panel
    inference = design.inference
    return territory_effect(panel, horizon // 3, size, seed=inference.seed, draws=inference.bootstrap_draws)


def _size(outcomes: pd.DataFrame, opened: pd.DataFrame, horizon: int) -> tuple[Detectable | NotEstimable, int | None]:
    """What could be detected from the noise of the comparison areas, and what is possible at most: every opening kept.

    Both over the territories whose own area is told. The noise: how much the change over ``horizon`` months differs
    between areas that no territory touches.
    """
    codes = {row["area_code"]: row["territory_code"] for row in reference("territories") if row["area_code"]}
    wide = outcomes.pivot_table(index="area_code", columns="month", values="value").dropna()
    compared = set(outcomes.loc[outcomes["is_comparison_area"], "area_code"])
    subject = "effet sur le territoire"
    if wide.shape[1] <= horizon:
        return NotEstimable(subject, "les agrégats reçus ne couvrent pas l'horizon"), None
    change = wide.iloc[:, -1] - wide.iloc[:, -1 - horizon]
    treated = [code for code in wide.index if code in codes]
    others = change[[code for code in wide.index if code in compared]]
    kept = opened.set_index("territory_code")["opened_count"].reindex([codes[code] for code in treated]).fillna(0).sum()
    if len(others) < 2 or not treated:
        return NotEstimable(subject, "trop peu de zones ont une série complète et non masquée"), int(kept)
    return detectable(subject, kept_entitlements=float(kept), stock=float(np.exp(wide.loc[treated].iloc[:, 0]).sum()),
                      deviation=float(others.std(ddof=1)), treated_count=len(treated),
                      comparison_count=len(others)), int(kept)


def _areas(codes: pd.DataFrame, described: pd.DataFrame) -> pd.DataFrame:
    """What ``match_areas`` reads of each area. No source gives the density: it is the same word everywhere."""
    named = {row["area_code"]: row for row in reference("territories") if row["area_code"]}
    pilots = {row["department_code"] for row in reference("shocks") if row["shock_code"] == "reference_quarter_pilot"}
    areas = codes[["area_code"]].merge(described, on="area_code", how="left")
    areas["territory_code"] = [named[code]["territory_code"] if code in named else None for code in areas["area_code"]]
    areas["department_code"] = areas["department_code"].fillna(areas["area_code"].str[:2])
    areas["area_type_code"] = areas["area_code"].str.len().map({5: "commune", 9: "epci"}).fillna("departement")
    areas["is_quarter"] = False
    areas["is_pilot"] = areas["department_code"].isin(pilots)
    areas["is_overseas"] = areas["department_code"].str.startswith("97")
    areas["density_code"] = "non transmise"
    return areas[list(AREAS)].astype(dict.fromkeys(COVARIATES, float))
