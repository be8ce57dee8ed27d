"""Network indicators against published values: Zachary's karate club, marriages of Florentine families."""

from __future__ import annotations

import networkx as nx
import pandas as pd
import pytest

from tznr_platform.errors import UserError
from tznr_platform.estimation.networks import network_indicators
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


def test_a_missing_column_stops():
    with pytest.raises(UserError, match="target_code"):
        network_indicators("T", _ties([]).drop(columns="target_code"), list("ABC"))
