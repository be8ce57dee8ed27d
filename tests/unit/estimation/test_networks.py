"""Network indicators against published values: Zachary's karate club, marriages of Florentine families."""

from __future__ import annotations

import networkx as nx
import pandas as pd
import pytest

from tznr_platform.errors import UserError
from tznr_platform.estimation.networks import modularity, network_indicators, two_mode_density
from tznr_platform.estimation.verdict import NotEstimable


def _ties(edges) -> pd.DataFrame:
    return pd.DataFrame(list(edges), columns=["source_code", "target_code"])


@pytest.fixture
def karate() -> nx.Graph:
    return nx.karate_club_graph()


@pytest.fixture
def florentine() -> nx.Graph:
    return nx.florentine_families_graph()


def test_karate_club(karate: nx.Graph):
    result = network_indicators("karate", _ties(karate.edges), karate.nodes, is_directed=False)
    assert (result.organisation_count, result.tie_count) == (34, 78)
    assert result.density == pytest.approx(0.139037, abs=1e-6)
    assert result.transitivity == pytest.approx(0.255682, abs=1e-6)
    assert result.reciprocity is None


def test_florentine_marriages_with_and_without_the_isolate(florentine: nx.Graph):
    ties, families = _ties(florentine.edges), set(florentine.nodes)
    connected = network_indicators("florence", ties, families, is_directed=False)
    with_pucci = network_indicators("florence", ties, families | {"Pucci"}, is_directed=False)
    assert connected.tie_count == 20
    assert connected.density == pytest.approx(0.190476, abs=1e-6)
    assert with_pucci.density == pytest.approx(0.166667, abs=1e-6)
    # Freeman: the Medici have 6 ties of 40 ends; (16 x 6 - 40) / (15 x 14)
    assert with_pucci.degree_centralisation == pytest.approx(56 / 210)


def test_directed_reciprocity_is_the_share_of_returned_ties():
    ties = _ties([("A", "B"), ("B", "A"), ("A", "C")])
    result = network_indicators("T", ties, list("ABCD"))
    assert result.density == pytest.approx(3 / 12)
    assert result.reciprocity == pytest.approx(2 / 3)


def test_a_star_is_fully_centralised_and_a_ring_is_not():
    star = _ties([(node, "A") for node in "BCDE"])
    ring = _ties(zip("ABCDE", "BCDEA", strict=True))
    assert network_indicators("T", star, list("ABCDE")).degree_centralisation == 1
    assert network_indicators("T", ring, list("ABCDE")).degree_centralisation == 0


def test_ties_that_do_not_count():
    ties = _ties([("A", "B"), ("A", "B"), ("A", "A"), ("A", "Z"), ("B", "C")])
    ties["frequency_level"] = [3, 2, 4, 4, 0]
    assert network_indicators("T", ties, list("ABC")).tie_count == 1


def test_no_tie_is_a_density_of_zero_and_nothing_else():
    result = network_indicators("T", _ties([]), list("ABC"))
    assert result.density == 0
    assert (result.reciprocity, result.transitivity, result.degree_centralisation) == (None, None, 0)


def test_one_organisation_is_not_a_network():
    result = network_indicators("T", _ties([]), ["A"])
    assert isinstance(result, NotEstimable)
    assert "deux organisations" in result.reason


def test_codes_of_a_closed_list_give_the_same(florentine: nx.Graph):
    ties = _ties(florentine.edges)
    same = ties.astype({"source_code": "category", "target_code": "category"})
    assert network_indicators("F", same, florentine.nodes) == network_indicators("F", ties, florentine.nodes)


def test_an_organisation_without_a_code_or_a_frequency_in_words_stops():
    with pytest.raises(UserError, match="n'a pas de code"):
        network_indicators("T", _ties([("A", "B")]), ["A", "B", None])
    with pytest.raises(UserError, match="pas des nombres"):
        network_indicators("T", _ties([("A", "B")]).assign(frequency_level="souvent"), list("AB"))


def test_published_indicators_of_les_miserables():
    """Knuth (1993) as in ``igraph`` and ``networkx``: 77 characters, 254 ties."""
    graph = nx.les_miserables_graph()
    found = network_indicators("roman", _ties(graph.edges), graph.nodes, is_directed=False)
    assert (found.organisation_count, found.tie_count) == (77, 254)
    assert (found.density, found.transitivity, found.mean_clustering) == pytest.approx(
        (0.086808, 0.498932, 0.573137), abs=1e-6)


def test_a_missing_column_stops():
    with pytest.raises(UserError, match="target_code"):
        network_indicators("T", _ties([]).drop(columns="target_code"), list("ABC"))


def test_divisions_of_the_club_have_their_published_modularity(karate: nx.Graph):
    """Newman (2004), Girvan and Newman (2002): found by greed, and observed by Zachary."""
    ties = _ties(karate.edges)
    greedy = nx.community.greedy_modularity_communities(karate, weight=None)
    observed = [[node for node in karate if karate.nodes[node]["club"] == club] for club in ("Mr. Hi", "Officer")]
    assert modularity(ties, karate.nodes, greedy) == pytest.approx(0.380671, abs=1e-6)
    assert modularity(ties, karate.nodes, observed) == pytest.approx(0.358235, abs=1e-6)
    with pytest.raises(UserError):
        modularity(ties, karate.nodes, observed[:1])
    assert isinstance(modularity(_ties([]), list("ABC"), [["A"], ["B", "C"]]), NotEstimable)


def test_attendance_of_the_southern_women(shared_data):
    rows = pd.read_csv(shared_data / "reference" / "net_davis" / "net_davis.csv").set_axis(
        ["source_code", "target_code"], axis=1)
    found = two_mode_density(rows, rows["source_code"].unique(), rows["target_code"].unique())
    assert found == pytest.approx(0.3532, abs=5e-5)
    assert isinstance(two_mode_density(rows, [], ["E1"]), NotEstimable)


def test_betweenness_of_a_star_is_fully_centralised():
    star = _ties([(node, "A") for node in "BCDE"])
    found = network_indicators("T", star, list("ABCDEF"), is_directed=False)
    alone = network_indicators("T", star, list("ABCDE"), is_directed=False)
    assert alone.betweenness_centralisation == pytest.approx(1)
    assert (found.component_count, found.isolate_count, found.mean_clustering) == (2, 1, 0)
    assert network_indicators("T", star, list("ABCDE"), response_share=0.7).betweenness_centralisation is None


def test_the_centralisation_of_florence():
    """Wasserman and Faust (1994), 16 families: betweenness 0.383, degree 0.267."""
    graph = nx.florentine_families_graph()
    found = network_indicators("F", _ties(graph.edges), {*graph, "Pucci"}, is_directed=False)
    assert found.betweenness_centralisation == pytest.approx(0.383, abs=5e-4)
    assert found.degree_centralisation == pytest.approx(0.267, abs=5e-4)


def test_indicators_say_themselves_in_french(karate: nx.Graph):
    found = network_indicators("Club", _ties([("A", "B"), ("B", "A"), ("A", "C")]), list("ABCD"))
    assert found.explain().startswith("4\u00a0organisations, 3\u00a0liens : densité 25,0") and found.plot() is not None
    assert "1\u00a0organisation isolée" in found.explain()
