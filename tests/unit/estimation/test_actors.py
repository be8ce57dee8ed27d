"""Centralities, groups and tests of networks, at the published values of Zachary's club and the Florentine families."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from tznr_platform.errors import UserError
from tznr_platform.estimation.actors import actors
from tznr_platform.estimation.network_tests import density, density_bounds, quadratic_assignment, vertex_bootstrap
from tznr_platform.estimation.verdict import NotEstimable


def of(graph: nx.Graph, **options: object):
    names = {node: node if isinstance(node, str) else f"{node + 1:02d}" for node in graph}
    ties = pd.DataFrame([(names[a], names[b]) for a, b in graph.edges], columns=["source_code", "target_code"])
    return actors("réseau", ties, names.values(), **options)


@pytest.fixture(scope="module")
def karate():
    return of(nx.karate_club_graph())


def test_karate_club(karate):
    frame = karate.to_frame().set_index("organisation_code")
    assert frame.loc[["01", "34", "33"], "betweenness"].tolist() == pytest.approx(
        [0.437635, 0.304075, 0.145247], abs=1e-6)
    assert frame.loc["01", "closeness"] == pytest.approx(0.568966, abs=1e-6)
    assert (karate.mean_clustering, karate.mean_distance, karate.assortativity) == pytest.approx(
        (0.570638, 2.408200, -0.475613), abs=1e-6)
    assert (karate.diameter, karate.component_count) == (5, 1)
    assert {"01", "33", "34"} <= set(karate.core)


def test_the_best_division_of_the_club_ignores_weights(karate):
    """Published optimum 0.419790 in four groups; with the weights networkx ships it would be 0.444904."""
    assert karate.modularity == pytest.approx(0.419790, abs=1e-6)
    assert len(set(karate.group)) == 4


def test_florentine_families():
    found = of(nx.florentine_families_graph())
    frame = found.to_frame().set_index("organisation_code")
    assert frame.loc[["Medici", "Guadagni", "Albizzi"], "betweenness"].tolist() == pytest.approx(
        [0.521978, 0.254579, 0.212454], abs=1e-6)


def test_no_betweenness_where_too_few_answered():
    found = of(nx.path_graph(5), response_share=0.79)
    assert found.betweenness is None and found.to_frame()["betweenness"].isna().all()


def test_a_network_in_pieces_has_no_mean_distance():
    found = of(nx.disjoint_union(nx.path_graph(3), nx.path_graph(3)))
    assert (found.mean_distance, found.diameter, found.component_count) == (None, None, 2)


def test_same_seed_same_groups():
    assert of(nx.karate_club_graph(), seed=5).group == of(nx.karate_club_graph(), seed=5).group


@pytest.mark.parametrize("graph", [nx.path_graph(2), nx.empty_graph(4)])
def test_too_small_or_empty_is_said(graph):
    assert isinstance(of(graph), NotEstimable)


def test_a_network_resembles_itself_and_not_a_relabelled_one():
    ties = nx.to_numpy_array(nx.karate_club_graph(), weight=None)
    same = quadratic_assignment(ties, ties, seed=1, draws=199)
    assert same.correlation == pytest.approx(1) and same.p_value == pytest.approx(1 / 200)
    order = np.random.default_rng(2).permutation(34)
    other = quadratic_assignment(ties, ties[np.ix_(order, order)], seed=1, draws=199)
    assert abs(other.correlation) < 0.2 and other.p_value > 0.05


def test_relabelled_networks_are_rejected_at_the_level_only():
    random = np.random.default_rng(3)
    draws = [(random.random((2, 12, 12)) < 0.3).astype(float) for _ in range(100)]
    assert np.mean([quadratic_assignment(*pair, seed=n, draws=99).p_value <= 0.05
                    for n, pair in enumerate(draws)]) < 0.12


def test_vertex_bootstrap_grows_with_what_is_uncertain():
    full = np.ones((12, 12))
    random = (np.random.default_rng(4).random((12, 12)) < 0.3).astype(float)
    assert vertex_bootstrap(full, density, seed=1, draws=99) == 0
    assert 0.02 < vertex_bootstrap(random, density, seed=1, draws=199) < 0.12


def test_silent_organisations_give_bounds():
    ties = np.zeros((4, 4))
    ties[0, 1] = ties[1, 0] = 1
    seen, low, high = density_bounds(ties, np.array([True, True, True, False]))
    assert (seen, low, high) == (2 / 9, 2 / 12, 5 / 12)
    assert density_bounds(ties, np.ones(4, bool)) == (2 / 12, 2 / 12, 2 / 12)


def test_what_cannot_be_compared_is_said_or_stops():
    assert isinstance(quadratic_assignment(np.zeros((4, 4)), np.ones((4, 4)), seed=1), NotEstimable)
    assert isinstance(vertex_bootstrap(np.zeros((2, 2)), density, seed=1), NotEstimable)
    with pytest.raises(UserError):
        quadratic_assignment(np.zeros((4, 4)), np.zeros((5, 5)), seed=1)
    with pytest.raises(UserError):
        density_bounds(np.zeros((4, 3)), np.ones(4, bool))
