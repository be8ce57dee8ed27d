"""Networks of all territories, from the working warehouse to the lake: organisations in, no organisation named out.

Here: which networks are read, their summary in the nation, the files of the lake. Not here: one network
(``network_waves``), the permutation test of the link with access (``network_access``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from tznr_platform.estimation.actors import Actors
from tznr_platform.estimation.design import load_design
from tznr_platform.estimation.network_access import NetworkAccess, network_and_access
from tznr_platform.estimation.network_waves import KEY, Network, cores_by_type, networks_of, wave_indicators
from tznr_platform.estimation.results import VERDICT, typed
from tznr_platform.estimation.retention import TWO_SIDED_95
from tznr_platform.estimation.verdict import NotEstimable
from tznr_platform.settings import Settings
from tznr_platform.storage import warehouse
from tznr_platform.storage.estimates import marts_hash, write_estimates

if TYPE_CHECKING:
    import altair as alt

ESTIMAND = "network_and_access"
TIE_TYPES = ("orientation", "echange_donnees", "action_conjointe")
HYPOTHESIS = "orientation"
TIES = ("select territory_code, wave_code, tie_type_code, source_code, target_code, 1 as frequency_level "
        "from intermediate.int_network_tie order by all")
ORGANISATIONS = ("select territory_code, wave_code, organisation_code, organisation_type_code, is_surveyed, "
                 "is_respondent from staging.stg_organisations order by all")
# what access looks like in a territory; no effect of a territory is identifiable before there are comparison areas
ACCESS = ("select territory_code, sum(opened_count) / nullif(sum(discussed_count), 0) as access_effect "
          "from marts.mart_access where territory_code <> 'FR' and channel_code = 'tous' "
          "group by territory_code order by territory_code")
READING = "told_by_others"
_SHARES = ("density", "density_low", "density_high", "density_error", "reciprocity", "reciprocity_low",
           "reciprocity_high", "degree_centralisation", "betweenness_centralisation", "transitivity",
           "mean_clustering", "modularity")
_COUNTS = ("organisation_count", "tie_count", "component_count", "isolate_count", "group_count", "core_count")
INDICATORS = {**dict.fromkeys((*KEY, "reading_code"), "string"), "response_share": "Float64",
              **dict.fromkeys(_COUNTS, "Int64"), **dict.fromkeys(_SHARES, "Float64"), **VERDICT}
SUMMARY = {
    "wave_code": "string", "tie_type_code": "string", "network_count": "Int64", "organisation_count": "Int64",
    "respondent_count": "Int64", "density": "Float64", "density_low": "Float64", "density_high": "Float64",
    "sampled_low": "Float64", "sampled_high": "Float64", "reciprocity_low": "Float64", "reciprocity_high": "Float64",
    "degree_centralisation": "Float64", "modularity": "Float64", **VERDICT}
CORES = {"wave_code": "string", "tie_type_code": "string", "organisation_type_code": "string",
         "organisation_count": "Int64", "core_count": "Int64"}
ASSOCIATION = {"correlation": "Float64", "p_value": "Float64", "lowest_left_out": "Float64",
               "highest_left_out": "Float64", "territory_count": "Int64", "missing_count": "Int64",
               "draw_count": "Int64", "label": "string", **VERDICT, "design_sha256": "string"}


@dataclass(frozen=True, eq=False)
class NetworkOutcome:
    """``frame``: a row a network and reading of silence; ``summary``, ``cores``: the nation; the link with access."""

    frame: pd.DataFrame
    summary: pd.DataFrame
    cores: pd.DataFrame
    access: NetworkAccess | NotEstimable
    not_estimable: tuple[NotEstimable, ...]

    def to_frame(self) -> pd.DataFrame:
        """One row a territory, wave, type of tie and reading of silence, or one that says why not."""
        return self.frame.copy()

    def access_frame(self) -> pd.DataFrame:
        """One row: the association, or why there is none."""
        design, found = load_design(), self.access
        known = {"label": "association", "is_estimated": isinstance(found, NetworkAccess),
                 "design_sha256": design.sha256}
        return typed([{**vars(found), **known}], ASSOCIATION)

    def plot(self) -> alt.Chart:
        """Density by type of tie and wave, between the bounds that silence leaves."""
        from tznr_platform.estimation.interval_chart import interval_chart

        rows = self.summary[self.summary["is_estimated"]]
        rows = rows.assign(label=rows["tie_type_code"] + " " + rows["wave_code"])
        return interval_chart(rows, label="label", value="density", low="density_low", high="density_high",
                              title="Densité déclarée, et bornes selon les organisations sans réponse", axis="Densité",
                              nothing=None)

    def explain(self) -> str:
        """The link with access, then the reasons, in French."""
        linked = self.access.explain() if isinstance(self.access, NetworkAccess) else str(self.access)
        return "\n".join([linked, *map(str, self.not_estimable)])


def networks_of_territories(ties: pd.DataFrame, organisations: pd.DataFrame, access: pd.DataFrame, *,
                            seed: int | None = None, draws: int = 999) -> NetworkOutcome:
    """Networks of ``TIE_TYPES`` by territory and wave, their nation, and the link of density with access.

    ``ties``, ``organisations``: as in ``networks_of``; ``access``: a row a territory with ``access_effect``. The change
    of density is that of the type of ``HYPOTHESIS``, from the first wave to the last: one hypothesis.
    """
    seed = load_design().inference.seed if seed is None else seed
    known = ties[ties["tie_type_code"].isin(TIE_TYPES)]
    held = [(network, network.actors(seed=seed)) for network in networks_of(known, organisations)]
    rows, refused = [], []
    for network, actors in held:
        found = wave_indicators(network, seed=seed, draws=draws, held=actors)
        if isinstance(found, NotEstimable):
            refused.append(found)
            found = [{**dict(zip(KEY, network.key, strict=True)), "reading_code": READING, "reason": found.reason}]
        rows += [{**row, "is_estimated": "reason" not in row} for row in found]
    frame = typed(rows, INDICATORS)
    return NetworkOutcome(frame, typed(_summary(held, frame), SUMMARY), typed(_cores(held), CORES),
                          network_and_access(_changes(held, access), seed=seed), tuple(refused))


Held = Sequence[tuple[Network, Actors | NotEstimable]]


def _summary(held: Held, frame: pd.DataFrame) -> list[dict]:
    """Densities and bounds over all possible ties of the nation; centralisation and modularity: mean of networks."""
    rows = []
    for wave, kind in sorted({network.key[1:] for network, _ in held}):
        networks = [network for network, _ in held if network.key[1:] == (wave, kind)]
        known = frame[(frame["wave_code"] == wave) & (frame["tie_type_code"] == kind) & frame["is_estimated"]
                      & (frame["reading_code"] == READING)].set_index("territory_code")
        row = {"wave_code": wave, "tie_type_code": kind, "network_count": len(networks),
               "organisation_count": sum(len(network.organisations) for network in networks),
               "respondent_count": sum(int(network.has_answered.sum()) for network in networks),
               "is_estimated": bool(len(known))}
        rows.append({**row, **_pooled(known)} if len(known) else {**row, "reason": "aucun réseau n'est estimable."})
    return rows


def _pooled(known: pd.DataFrame) -> dict[str, float]:
    """Networks weigh as their possible ties; the interval: organisations of each drawn again, territories apart."""
    weight = (known["organisation_count"] * (known["organisation_count"] - 1)).to_numpy(dtype=float)
    weight /= weight.sum()

    def mean(name: str) -> float:
        return float(weight @ known[name].to_numpy(dtype=float))

    error = float(np.sqrt(np.square(weight * known["density_error"].fillna(0).to_numpy(dtype=float)).sum()))
    return {**{name: mean(name) for name in ("density", "density_low", "density_high")},
            "sampled_low": max(mean("density") - TWO_SIDED_95 * error, 0.0),
            "sampled_high": min(mean("density") + TWO_SIDED_95 * error, 1.0),
            **{name: known[name].mean() for name in ("reciprocity_low", "reciprocity_high", "degree_centralisation",
                                                     "modularity")}}


def _cores(held: Held) -> list[dict]:
    """Core actors of the nation by type of organisation, never by name."""
    rows = []
    for wave, kind in sorted({network.key[1:] for network, _ in held}):
        known = [(network, actors) for network, actors in held
                 if network.key[1:] == (wave, kind) and isinstance(actors, Actors)]
        if known:
            rows += cores_by_type(known).assign(wave_code=wave, tie_type_code=kind).to_dict("records")
    return rows


def _changes(held: Held, access: pd.DataFrame) -> pd.DataFrame:
    """By territory: density told by respondents at the last wave minus the first, missing with one wave only."""
    waves: dict[str, dict[str, float]] = {}
    for network, _ in held:
        territory, wave, kind = network.key
        possible = network.has_answered.sum() * (len(network.organisations) - 1)
        if kind == HYPOTHESIS and possible:
            told = network.ties[network.has_answered].sum() / possible
            waves.setdefault(territory, {})[wave] = float(told)
    changes: Mapping[str, float] = {territory: seen[max(seen)] - seen[min(seen)] for territory, seen in waves.items()
                                    if len(seen) > 1}
    return access.assign(density_change=access["territory_code"].map(changes).astype("float64"))


def write_networks(settings: Settings) -> NetworkOutcome:
    """Networks of the working warehouse: ``lake/estimates/networks``, ``_summary``, ``_cores`` and ``_access``.

    Raises ``UserError`` STORAGE when there is no working warehouse or no room left.
    """
    with warehouse.connect(settings.working_file, settings=settings, read_only=True) as con:
        outcome = networks_of_territories(*(con.execute(query).df() for query in (TIES, ORGANISATIONS, ACCESS)))
        computed_from = marts_hash(con)
    write_estimates(settings, {
        "networks": outcome.to_frame(), "network_summary": outcome.summary, "network_cores": outcome.cores,
        "network_access": outcome.access_frame()}, computed_from)
    return outcome
