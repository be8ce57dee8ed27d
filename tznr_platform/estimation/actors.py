"""Who holds a network together: centralities, groups, core actors, distances.

Here: quantities of networks without weights, from a list of ties and of organisations. Not here: density and
reciprocity (``networks``), the search for groups (``communities``), whether two networks resemble each other
(``network_tests``). Sources: Freeman (1978), Newman and Girvan (2004).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import pandas as pd

from tznr_platform.estimation.communities import best_groups
from tznr_platform.estimation.networks import FEWEST_RESPONSES, graph_of
from tznr_platform.estimation.verdict import NotEstimable
from tznr_platform.french import count, number


@dataclass(frozen=True)
class Actors:
    """Centralities by organisation (``to_frame``) and the best division into groups.

    ``mean_distance``, ``diameter`` and ``eigenvector`` (Bonacich 1972, of length one) are None in a network of several
    pieces. ``betweenness`` is None under 80 % of responses: what passes through a silent organisation cannot be known.
    """

    network_code: str
    organisations: tuple[str, ...]
    degree: tuple[float, ...]
    closeness: tuple[float, ...]
    betweenness: tuple[float, ...] | None
    eigenvector: tuple[float, ...] | None
    group: tuple[int, ...]
    modularity: float | None
    mean_clustering: float
    mean_distance: float | None
    diameter: int | None
    assortativity: float | None
    component_count: int

    @property
    def core(self) -> tuple[str, ...]:
        """Organisations whose degree exceeds the mean by more than one standard deviation."""
        degrees = pd.Series(self.degree, index=self.organisations)
        spread = degrees.std(ddof=0)
        return tuple(degrees[degrees > degrees.mean() + spread].index) if spread else ()

    def to_frame(self) -> pd.DataFrame:
        """One row an organisation."""
        return pd.DataFrame({
            "network_code": self.network_code, "organisation_code": self.organisations, "degree": self.degree,
            "closeness": self.closeness, "betweenness": self.betweenness, "eigenvector": self.eigenvector,
            "group": self.group,
            "is_core": [name in self.core for name in self.organisations]})

    def explain(self) -> str:
        """French sentence that may be printed under the table."""
        parts = "" if self.modularity is None else f" ; modularité {number(self.modularity, 2)}"
        return (f"{count(len(self.core), 'acteur central', 'acteurs centraux')} sur "
                f"{count(len(self.organisations), 'organisation')} ; {count(len(set(self.group)), 'groupe')}{parts}.")

    def plot(self):
        """Altair chart: organisations by degree, coloured by group."""
        import altair as alt

        return alt.Chart(self.to_frame()).mark_bar().encode(
            x=alt.X("degree:Q", title="Part des organisations liées"),
            y=alt.Y("organisation_code:N", title=None, sort="-x"), color=alt.Color("group:N", title="Groupe")
        ).properties(width=420, title=self.network_code)


def actors(network_code: str, ties: pd.DataFrame, organisations: Collection[str], *, response_share: float = 1.0,
           seed: int = 1) -> Actors | NotEstimable:
    """Centralities and groups of the network without direction; normalised to 0..1. Fewer than three organisations or
    no tie: not estimable."""
    import networkx as nx

    graph = graph_of(ties, organisations, is_directed=False)
    if graph.number_of_nodes() < 3 or not graph.number_of_edges():
        return NotEstimable(network_code, "il faut au moins trois organisations et un lien.")
    nodes = tuple(graph)
    connected = nx.is_connected(graph)
    groups = _groups(graph, seed)
    member = {node: rank for rank, group in enumerate(groups) for node in group}
    between = nx.betweenness_centrality(graph) if response_share >= FEWEST_RESPONSES else None
    return Actors(
        network_code, nodes, _in_order(nodes, nx.degree_centrality(graph)),
        _in_order(nodes, nx.closeness_centrality(graph)), between and _in_order(nodes, between),
        _eigenvector(graph) if connected else None, tuple(member[node] for node in nodes),
        float(nx.community.modularity(graph, groups, weight=None)), float(nx.average_clustering(graph)),
        float(nx.average_shortest_path_length(graph)) if connected else None,
        int(nx.diameter(graph)) if connected else None, _assortativity(graph),
        nx.number_connected_components(graph))


def _in_order(nodes: tuple[str, ...], values: dict[str, float]) -> tuple[float, ...]:
    return tuple(float(values[node]) for node in nodes)


def _eigenvector(graph) -> tuple[float, ...]:
    """Leading vector of the ties, of positive sign and length one."""
    import networkx as nx
    import numpy as np

    leading = np.linalg.eigh(nx.to_numpy_array(graph, weight=None))[1][:, -1]
    return tuple(float(value) for value in np.abs(leading))


def _groups(graph, seed: int) -> list[set[str]]:
    """The division of best modularity, largest group first."""
    import networkx as nx

    found = best_groups(nx.to_numpy_array(graph, weight=None), seed=seed)
    groups = [{node for node, own in zip(graph, found, strict=True) if own == number} for number in set(found.tolist())]
    return sorted(groups, key=lambda group: (-len(group), min(group)))


def _assortativity(graph) -> float | None:
    """Do organisations of many ties hold together? None where all that have ties have as many."""
    import networkx as nx

    if len({degree for _, degree in graph.degree if degree}) < 2:
        return None
    return float(nx.degree_assortativity_coefficient(graph))
