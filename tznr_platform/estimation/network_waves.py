"""All networks of a study: one a territory, wave and type of tie, with what silence leaves unknown.

Here: the indicators of each under both readings of silence, who holds it together by type of organisation, how much a
wave resembles the one before. Not here: the indicators themselves (``networks``, ``actors``), their link with access
(``network_access``). Organisations are actors; individuals never are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from tznr_platform.estimation.actors import Actors, actors
from tznr_platform.estimation.network_tests import (
    DRAWS,
    Agreement,
    Resemblance,
    density_error,
    group_agreement,
    quadratic_assignment,
)
from tznr_platform.estimation.networks import network_indicators
from tznr_platform.estimation.silent_organisations import density_bounds, read, reciprocity_bounds
from tznr_platform.estimation.verdict import NotEstimable, require_columns

KEY = ("territory_code", "wave_code", "tie_type_code")
TIES = (*KEY, "source_code", "target_code", "frequency_level")
ORGANISATIONS = ("territory_code", "wave_code", "organisation_code", "organisation_type_code", "is_surveyed",
                 "is_respondent")
READINGS = ("ignored", "told_by_others")
FEWEST_OF_A_TYPE = 3
OTHER_TYPES = "autres"


@dataclass(frozen=True, eq=False)
class Network:
    """Matrix of declared ties of one network over its list; ``types``: of each organisation."""

    key: tuple[str, str, str]
    organisations: tuple[str, ...]
    types: tuple[str, ...]
    ties: np.ndarray = field(repr=False)
    has_answered: np.ndarray = field(repr=False)

    @property
    def code(self) -> str:
        return " ".join(self.key)

    @property
    def response_share(self) -> float:
        return float(self.has_answered.mean())

    def read(self, reading: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
        """Ties as rows, and the organisations kept, under a reading of silence."""
        matrix, kept = read(self.ties, self.has_answered, reading)
        names = np.array(self.organisations)[kept]
        source, target = np.nonzero(matrix)
        return pd.DataFrame({"source_code": names[source], "target_code": names[target]}), tuple(names)

    def actors(self, *, seed: int) -> Actors | NotEstimable:
        """Centralities and groups, silent organisations told by the others."""
        ties, names = self.read("told_by_others")
        return actors(self.code, ties, names, response_share=self.response_share, seed=seed)


def networks_of(ties: pd.DataFrame, organisations: pd.DataFrame) -> Iterator[Network]:
    """Every network for which a wave has any answer; columns ``TIES`` and ``ORGANISATIONS``, ties from frequency 1 on.

    A territory that did not list its organisations, or a wave without any declared tie, has no network: it is unknown.
    """
    require_columns(ties, TIES, "réseaux")
    require_columns(organisations, ORGANISATIONS, "réseaux")
    kinds = sorted(ties["tie_type_code"].unique())
    asked = set(ties[["territory_code", "wave_code"]].itertuples(index=False, name=None))
    for (territory, wave), listed in organisations.groupby(["territory_code", "wave_code"]):
        if (territory, wave) not in asked:
            continue
        rows = listed.drop_duplicates("organisation_code").sort_values("organisation_code")
        names = tuple(rows["organisation_code"])
        place = {name: rank for rank, name in enumerate(names)}
        answered = (rows["is_surveyed"] & rows["is_respondent"]).to_numpy(bool)
        here = ties[(ties["territory_code"] == territory) & (ties["wave_code"] == wave) & (ties["frequency_level"] >= 1)
                    & ties["source_code"].isin(names) & ties["target_code"].isin(names)]
        for kind in kinds:
            matrix = np.zeros((len(names), len(names)))
            chosen = here[here["tie_type_code"] == kind]
            matrix[chosen["source_code"].map(place), chosen["target_code"].map(place)] = 1
            np.fill_diagonal(matrix, 0)
            yield Network((territory, wave, kind), names, tuple(rows["organisation_type_code"]), matrix, answered)


def wave_indicators(network: Network, *, seed: int, draws: int = 999,
                    held: Actors | NotEstimable | None = None) -> list[dict] | NotEstimable:
    """A row a reading of silence: indicators, their bounds, the vertex bootstrap error of density, groups and core.

    ``held``: the actors of this network, where they are known already.
    """
    if len(network.organisations) < 2:
        return NotEstimable(network.code, "un réseau compte au moins deux organisations.")
    dense, mutual = (bounds(network.ties, network.has_answered) for bounds in (density_bounds, reciprocity_bounds))
    rows = []
    for reading in READINGS:
        ties, names = network.read(reading)
        found = network_indicators(network.code, ties, names, response_share=network.response_share)
        if isinstance(found, NotEstimable):
            continue
        matrix, _ = read(network.ties, network.has_answered, reading)
        error = density_error(matrix, seed=seed, draws=draws)
        known = (held or network.actors(seed=seed)) if reading == "told_by_others" else None
        known = known if isinstance(known, Actors) else None
        rows.append({
            **dict(zip(KEY, network.key, strict=True)), "reading_code": reading,
            "response_share": network.response_share, **vars(found), "density_low": dense.low,
            "density_high": dense.high, "density_error": None if isinstance(error, NotEstimable) else error,
            "reciprocity_low": mutual.low, "reciprocity_high": mutual.high,
            "modularity": known and known.modularity, "group_count": known and len(set(known.group)),
            "core_count": known and len(known.core)})
    return rows or NotEstimable(network.code, "moins de deux organisations ont répondu.")


def core_by_type(network: Network, *, seed: int) -> pd.DataFrame | NotEstimable:
    """One row a type of organisation: how many, how many in the core; types of fewer than three are put together."""
    held = network.actors(seed=seed)
    if isinstance(held, NotEstimable):
        return held
    return cores_by_type([(network, held)])


def cores_by_type(held: Sequence[tuple[Network, Actors]]) -> pd.DataFrame:
    """The same over several networks: organisations of a type, and those in the core of their network, added up."""
    rows = pd.concat([pd.DataFrame({"organisation_type_code": network.types, "core_count":
                                    np.isin(network.organisations, known.core)}) for network, known in held])
    few = rows["organisation_type_code"].map(rows["organisation_type_code"].value_counts()) < FEWEST_OF_A_TYPE
    rows["organisation_type_code"] = rows["organisation_type_code"].mask(few, OTHER_TYPES)
    found = rows.groupby("organisation_type_code")["core_count"].agg(["size", "sum"]).reset_index()
    return found.set_axis(["organisation_type_code", "organisation_count", "core_count"], axis=1)


@dataclass(frozen=True)
class WaveToWave:
    """Resemblance of two waves over the organisations listed in both, and agreement of their groups."""

    key: tuple[str, str, str]
    later_wave: str
    organisation_count: int
    ties: Resemblance | NotEstimable
    groups: Agreement | NotEstimable

    def to_frame(self) -> pd.DataFrame:
        """One row; what could not be estimated is missing."""
        ties, groups = ({} if isinstance(part, NotEstimable) else vars(part) for part in (self.ties, self.groups))
        return pd.DataFrame([{**dict(zip(KEY, self.key, strict=True)), "later_wave_code": self.later_wave,
                              "organisation_count": self.organisation_count, "correlation": ties.get("correlation"),
                              "tie_p_value": ties.get("p_value"), "adjusted_rand": groups.get("adjusted_rand"),
                              "mutual_information": groups.get("mutual_information"),
                              "group_p_value": groups.get("p_value")}])


def wave_to_wave(earlier: Network, later: Network, *, seed: int, draws: int = DRAWS) -> WaveToWave | NotEstimable:
    """Compare two waves of one territory and type of tie by permutation; silent organisations told by the others."""
    shared = sorted(set(earlier.organisations) & set(later.organisations))
    if len(shared) < 3:
        return NotEstimable(earlier.code, "moins de trois organisations sont listées aux deux vagues.")
    matrices, groups = [], []
    for network in (earlier, later):
        places = [network.organisations.index(name) for name in shared]
        matrices.append(read(network.ties, network.has_answered, "told_by_others")[0][np.ix_(places, places)])
        held = network.actors(seed=seed)
        groups.append(None if isinstance(held, NotEstimable) else [held.group[held.organisations.index(name)]
                                                                   for name in shared])
    agreement = NotEstimable(earlier.code, "les groupes d'une vague ne sont pas estimables.") if None in groups \
        else group_agreement(*groups, seed=seed, draws=draws)
    return WaveToWave(earlier.key, later.key[1], len(shared),
                      quadratic_assignment(*matrices, seed=seed, draws=draws), agreement)
