"""Effect on the take-up of a territory: outcomes joined to a frozen donor list, one change a territory, few clusters.

Here: quarters made of months, changes since the quarter before each start (donors keep the start of their territory),
the effect by exposure with its inference, the event study with its jackknife covariance, the noise of areas left alone.
Not here: the choice of donors (``matched_areas``), effects by cohort (``group_time``), sensitivity
(``honest_trends``). Starts lie within five months of each other (methods F4): one change a territory loses nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

import numpy as np
import pandas as pd

from tznr_platform.errors import ExitCode, UserError
from tznr_platform.estimation.clusters import DRAWS, FEWEST_TREATED, ClusterInference, infer, randomisation_test
from tznr_platform.estimation.detectable import Detectable, or_not_identifiable
from tznr_platform.estimation.group_time import GroupTimeEffects, group_time_effects, quarter_number
from tznr_platform.estimation.honest_trends import EventStudy
from tznr_platform.estimation.matched_areas import DonorList
from tznr_platform.estimation.verdict import NotEstimable, require_columns, require_numbers

OUTCOMES = ("area_code", "month", "value")
EXPOSURES = tuple(range(-4, 4))
YEAR = 4
SUBJECT = "effet sur le territoire"


@dataclass(frozen=True)
class TerritoryEffect:
    """Mean change of the territories less that of their donors, ``exposure`` quarters after the quarter of the start.

    ``donors_sha256``: the list frozen beforehand; ``size``: what could be detected and what is possible at most.
    """

    exposure: int
    inference: ClusterInference
    territory_count: int
    donor_count: int
    donors_sha256: str
    size: Detectable

    def to_frame(self) -> pd.DataFrame:
        """One row: the inference, then counts and sizes."""
        return self.inference.to_frame().assign(
            exposure=self.exposure, territory_count=self.territory_count, donor_count=self.donor_count,
            donors_sha256=self.donors_sha256, minimum_effect=self.size.minimum_effect,
            maximum_effect=self.size.maximum_effect)

    def explain(self) -> str:
        """French sentences that may be printed under the estimate."""
        return f"{self.inference.explain()} {self.size.explain()}"

    def plot(self):
        """Altair chart of the effect and its interval."""
        return self.inference.plot()


@dataclass(frozen=True, eq=False)
class TerritoryPanel:
    """One row an area and quarter: ``area_code``, ``territory_code`` (of its match), ``is_treated``, ``start``,
    ``cohort`` (0 for a donor), ``quarter``, ``value``. ``missing``: (code, French reason) of what could not be read."""

    frame: pd.DataFrame = field(repr=False)
    missing: tuple[tuple[str, str], ...]
    donors_sha256: str

    def changes(self, exposures: tuple[int, ...]) -> pd.DataFrame:
        """One row an area: its change since the quarter before the start, a column an exposure; areas observed at all
        of them, territories with a donor and donors whose territory is there."""
        wide = self.frame.pivot(index="area_code", columns="quarter", values="value")
        areas = self.frame.drop_duplicates("area_code").set_index("area_code")
        found = areas[["territory_code", "is_treated"]].copy()
        for exposure in exposures:
            found[exposure] = _at(wide, areas["start"] + exposure) - _at(wide, areas["start"] - 1)
        found = found.dropna(subset=list(exposures))
        sides = found.groupby("territory_code")["is_treated"].nunique()
        return found[found["territory_code"].map(sides) == 2]

    def effects_by_cohort(self, **options: object) -> GroupTimeEffects | NotEstimable:
        """Group-time effects of the same panel, donors as never treated; options of ``group_time_effects``, errors from
        ``jackknife``."""
        return group_time_effects(self.frame, outcome="value", unit="area_code", period="quarter", cohort="cohort",
                                  **options)

    def placebo_deviation(self) -> float | NotEstimable:
        """Standard deviation between donors of the change over the year before the start: noise without any action."""
        before = self.changes((-1 - YEAR,))
        donors = before.loc[~before["is_treated"], -1 - YEAR]
        if len(donors) < 3:
            return NotEstimable(SUBJECT, "moins de trois zones de comparaison observées un an avant le début")
        return float(donors.std(ddof=1))


def with_outcomes(donors: DonorList, outcomes: pd.DataFrame, starts: Mapping[str, str], *,
                  sha256: str) -> TerritoryPanel | NotEstimable:
    """Join monthly outcomes (``area_code``, ``month``, ``value``: a rate or the logarithm of a stock) to the donors.

    ``sha256``: the hash locked before outcomes were read, ``UserError`` if it is another one or a month is given twice.
    ``starts``: actual first month by territory. A quarter needs its three months; an area with a hole between its first
    and last quarter leaves.
    """
    require_columns(outcomes, OUTCOMES, SUBJECT)
    require_numbers(outcomes, ("value",), SUBJECT)
    if outcomes.duplicated(["area_code", "month"]).any():
        raise UserError("Un mois d'une zone est présent deux fois.", where=SUBJECT,
                        why="on ne sait quelle valeur est la bonne", remedy="garder une ligne par zone et par mois")
    if donors.sha256 != sha256:
        raise UserError("La liste des zones de comparaison n'est pas celle qui a été figée.", where=SUBJECT,
                        why="son empreinte a changé", remedy="reprendre la liste figée",
                        exit_code=ExitCode.CONFIGURATION)
    pairs = donors.to_frame()
    unknown = sorted(set(pairs["territory_code"]) - set(starts))
    pairs = pairs[~pairs["territory_code"].isin(unknown)]
    areas = pd.concat([pairs[["area_code", "territory_code"]].drop_duplicates().assign(is_treated=True),
                       pairs[["donor_code", "territory_code"]].set_axis(["area_code", "territory_code"], axis=1)
                       .assign(is_treated=False)], ignore_index=True)
    areas["start"] = areas["territory_code"].map(lambda code: quarter_number(starts[code]))
    areas["cohort"] = areas["start"].where(areas["is_treated"], 0)
    quarters = _quarters(outcomes[outcomes["area_code"].isin(areas["area_code"])])
    span = quarters["quarter"].nunique()
    whole = quarters.groupby("area_code")["value"].count() == span
    lost = sorted(set(areas["area_code"]) - set(whole.index[whole]))
    frame = areas.merge(quarters[~quarters["area_code"].isin(lost)], on="area_code").sort_values(
        ["area_code", "quarter"], ignore_index=True)
    missing = (*((code, "début inconnu") for code in unknown),
               *((code, "série incomplète ou secrète") for code in lost))
    if frame["is_treated"].nunique() < 2:
        return NotEstimable(SUBJECT, "aucun territoire ou aucune zone de comparaison n'a de série complète")
    return TerritoryPanel(frame, missing, sha256)


def territory_effect(panel: TerritoryPanel, exposure: int, size: Detectable | NotEstimable, *, seed: int,
                     draws: int = DRAWS) -> TerritoryEffect | NotEstimable:
    """The effect ``exposure`` quarters after the start, or « non identifiable » when it could not be seen.

    Under six territories: dealt again inside each territory and its donors.
    """
    changes = panel.changes((exposure,))
    treated = changes["is_treated"].to_numpy(bool)
    if not treated.any():
        return NotEstimable(SUBJECT, "aucun territoire n'est observé à cet horizon avec une zone de comparaison")
    values = changes[exposure].to_numpy(float)
    if treated.sum() < FEWEST_TREATED:
        found = randomisation_test(values, treated, seed=seed, draws=draws, strata=changes["territory_code"].to_numpy())
    else:
        design = np.column_stack([np.ones(len(treated)), treated])
        found = infer(values, design, np.arange(len(treated)), 1, seed=seed, draws=draws)
    if isinstance(found, NotEstimable) or isinstance(size, NotEstimable):
        return found if isinstance(found, NotEstimable) else size
    effect = TerritoryEffect(exposure, found, int(treated.sum()), int((~treated).sum()), panel.donors_sha256, size)
    return or_not_identifiable(effect, size)


def event_study(panel: TerritoryPanel, exposures: tuple[int, ...] = EXPOSURES) -> EventStudy | NotEstimable:
    """Differences of mean changes by exposure (the quarter before the start is the reference), with the covariance of
    the jackknife over areas: what ``honest_trends`` needs."""
    kept = tuple(sorted(set(exposures) - {-1}))
    changes = panel.changes(kept)
    treated, values = changes["is_treated"].to_numpy(bool), changes[list(kept)].to_numpy(float)
    if min(treated.sum(), (~treated).sum()) < 2:
        return NotEstimable(SUBJECT, "moins de deux zones d'un côté de la comparaison à toutes ces durées")
    estimates = values[treated].mean(axis=0) - values[~treated].mean(axis=0)
    sizes = np.where(treated, treated.sum(), (~treated).sum())[:, None]
    means = np.where(treated[:, None], values[treated].mean(axis=0), values[~treated].mean(axis=0))
    left_out = np.where(treated, 1, -1)[:, None] * (means - values) / (sizes - 1)
    covariance = (len(treated) - 1) / len(treated) * left_out.T @ left_out
    return EventStudy.of(estimates, covariance, sum(exposure < 0 for exposure in kept))


def event_study_frame(panel: TerritoryPanel, exposures: tuple[int, ...] = EXPOSURES, *, seed: int,
                      draws: int = DRAWS) -> pd.DataFrame:
    """One row an exposure for display: the inference of each, the reference left out."""
    rows = []
    for exposure in sorted(set(exposures) - {-1}):
        changes = panel.changes((exposure,))
        found = infer(changes[exposure].to_numpy(float), np.column_stack(
            [np.ones(len(changes)), changes["is_treated"]]), np.arange(len(changes)), 1, seed=seed, draws=draws)
        if isinstance(found, ClusterInference):
            rows.append({"exposure": exposure, **asdict(found)})
    return pd.DataFrame(rows, columns=["exposure", *ClusterInference.__dataclass_fields__])


def _quarters(outcomes: pd.DataFrame) -> pd.DataFrame:
    """Mean of each complete quarter, for the quarters that some area has complete."""
    months = outcomes.dropna(subset=["value"]).copy()
    months["quarter"] = months["month"].astype(str).map(quarter_number)
    found = months.groupby(["area_code", "quarter"])["value"].agg(["mean", "count"]).reset_index()
    return found[found["count"] == 3].rename(columns={"mean": "value"})[["area_code", "quarter", "value"]]


def _at(wide: pd.DataFrame, quarters: pd.Series) -> np.ndarray:
    """The value of each area at its own quarter; missing outside the months observed."""
    places = wide.columns.get_indexer(quarters)
    rows = wide.index.get_indexer(quarters.index)
    values = wide.to_numpy(float)[rows, places]
    return np.where(places >= 0, values, np.nan)
