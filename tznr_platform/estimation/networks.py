"""Networks of organisations: how dense, how mutual, how centralised.

Here: indicators of one network (territory, wave, type of tie) from its ties and its full list of organisations. Not
here: the count of ties by territory (``mart_network``), who holds the network together (``actors``), all networks of a
study (``network_waves``), individuals, who are never actors. Sources: Freeman (1978), Newman and Girvan (2004).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass

import pandas as pd

from tznr_platform.errors import UserError
from tznr_platform.estimation.verdict import NotEstimable, require_columns, require_numbers
from tznr_platform.french import count, share

COLUMNS = ("source_code", "target_code")
FEWEST_RESPONSES = 0.8


@dataclass(frozen=True)
class NetworkIndicators:
    """Indicators of one network; None where a quantity has no meaning (no tie, two nodes, undirected).

    ``betweenness_centralisation`` is None under 80 % of responses too: what passes through the silent is not known.
    """

    network_code: str
    is_directed: bool
    organisation_count: int
    tie_count: int
    density: float
    reciprocity: float | None
    degree_centralisation: float | None
    betweenness_centralisation: float | None
    transitivity: float | None
    mean_clustering: float | None
    component_count: int
    isolate_count: int

    def to_frame(self) -> pd.DataFrame:
        """One row."""
        return pd.DataFrame([asdict(self)])

    def explain(self) -> str:
        """French sentence that may be printed under the table."""
        returned = "" if self.reciprocity is None else f", réciprocité {share(self.reciprocity)}"
        return (f"{count(self.organisation_count, 'organisation')}, {count(self.tie_count, 'lien')} : densité "
                f"{share(self.density)}{returned} ; {count(self.component_count, 'composante')}, dont "
                f"{count(self.isolate_count, 'organisation isolée', 'organisations isolées')}.")

    def plot(self):
        """Altair chart: the shares between zero and one, one under the other."""
        import altair as alt

        names = {"density": "Densité", "reciprocity": "Réciprocité", "degree_centralisation": "Centralisation",
                 "transitivity": "Transitivité"}
        rows = pd.DataFrame([(label, getattr(self, name)) for name, label in names.items()
                             if getattr(self, name) is not None], columns=["label", "value"])
        return alt.Chart(rows).mark_bar().encode(
            x=alt.X("value:Q", title=None, scale=alt.Scale(domain=[0, 1])), y=alt.Y("label:N", title=None, sort=None)
        ).properties(width=420, height=120, title=self.network_code)


def network_indicators(network_code: str, ties: pd.DataFrame, organisations: Collection[str], *,
                       is_directed: bool = True, response_share: float = 1.0) -> NetworkIndicators | NotEstimable:
    """Indicators of the network of ``organisations``, isolates included; a list of ties alone loses them.

    ``ties``: ``source_code``, ``target_code``, and ``frequency_level`` where asked (a tie exists from 1
    on). Ties to oneself or with organisations not listed do not count; repeated ties count once; weights
    are ignored. Reciprocity: share of directed ties that are returned. Degree centralisation: Freeman (1978), on ties
    received when directed. Transitivity, clustering and components: on ties without direction. Fewer than two
    organisations: not estimable.
    """
    import networkx as nx

    require_columns(ties, COLUMNS, network_code)
    graph = graph_of(ties, organisations, is_directed=is_directed)
    if len(graph) < 2:
        return NotEstimable(network_code, "un réseau compte au moins deux organisations.")
    size = graph.number_of_edges()
    return NetworkIndicators(
        network_code, is_directed, len(graph), size, float(nx.density(graph)),
        float(nx.overall_reciprocity(graph)) if is_directed and size else None,
        _degree_centralisation(graph, is_directed),
        _betweenness_centralisation(graph) if response_share >= FEWEST_RESPONSES else None,
        float(nx.transitivity(plain := graph.to_undirected())) if size else None,
        float(nx.average_clustering(plain)) if size else None, nx.number_connected_components(graph.to_undirected()),
        nx.number_of_isolates(graph))


def modularity(ties: pd.DataFrame, organisations: Collection[str],
               groups: Collection[Collection[str]]) -> float | NotEstimable:
    """Modularity of a division given beforehand, without direction or weights; ``UserError`` if it is none."""
    import networkx as nx

    graph = graph_of(ties, organisations, is_directed=False)
    if not graph.number_of_edges():
        return NotEstimable("division d'un réseau", "le réseau n'a aucun lien.")
    if not nx.community.is_partition(graph, [set(group) for group in groups]):
        raise UserError("Les groupes ne divisent pas le réseau.", where="réseau",
                        why="chaque organisation appartient à un seul groupe", remedy="corriger la liste des groupes")
    return float(nx.community.modularity(graph, [set(group) for group in groups], weight=None))


def two_mode_density(ties: pd.DataFrame, organisations: Collection[str],
                     actions: Collection[str]) -> float | NotEstimable:
    """Share of the possible ties between organisations (``source_code``) and their actions (``target_code``)."""
    require_columns(ties, COLUMNS, "réseau à deux modes")
    sources, targets = set(organisations), set(actions)
    if not sources or not targets:
        return NotEstimable("réseau à deux modes", "un des deux modes est vide.")
    known = ties[ties["source_code"].isin(sources) & ties["target_code"].isin(targets)]
    return len(known.drop_duplicates(list(COLUMNS))) / (len(sources) * len(targets))


def graph_of(ties: pd.DataFrame, organisations: Collection[str], *, is_directed: bool):
    """The networkx graph of the ties that count, its nodes in the order of their codes; ``UserError`` for a missing
    column, a missing code or a frequency that is no number."""
    import networkx as nx

    require_columns(ties, COLUMNS, "réseau")
    if pd.isna(list(organisations)).any():
        raise UserError("Une organisation n'a pas de code.", where="réseau",
                        why="on ne sait à qui vont ses liens", remedy="compléter la liste des organisations")
    nodes = sorted(set(organisations), key=str)
    graph = (nx.DiGraph if is_directed else nx.Graph)()
    graph.add_nodes_from(nodes)
    graph.add_edges_from(_countable(ties, nodes).itertuples(index=False, name=None))
    return graph


def _countable(ties: pd.DataFrame, nodes: list[str]) -> pd.DataFrame:
    source, target = ties["source_code"].astype(object), ties["target_code"].astype(object)
    keep = source.isin(nodes) & target.isin(nodes) & (source != target)
    if "frequency_level" in ties.columns:
        require_numbers(ties, ("frequency_level",), "réseau")
        keep &= ties["frequency_level"] >= 1
    return ties.loc[keep, list(COLUMNS)]


def _betweenness_centralisation(graph) -> float | None:
    """Sum of the gaps to the largest betweenness, over that of a star."""
    import networkx as nx

    n = graph.number_of_nodes()
    if n < 3:
        return None
    between = nx.betweenness_centrality(graph).values()
    return float(sum(max(between) - value for value in between) / (n - 1))


def _degree_centralisation(graph, is_directed: bool) -> float | None:
    """Sum of the gaps to the largest degree, over its largest possible value (a star)."""
    n = graph.number_of_nodes()
    if n < 3:
        return None
    degrees = [degree for _, degree in (graph.in_degree if is_directed else graph.degree)]
    star = (n - 1) ** 2 if is_directed else (n - 1) * (n - 2)
    return sum(max(degrees) - degree for degree in degrees) / star
