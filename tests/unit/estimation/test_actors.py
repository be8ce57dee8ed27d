"""Centralities, groups and tests of networks, at the published values of Zachary's club and the Florentine families."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from tznr_platform.errors import UserError
from tznr_platform.estimation.actors import actors
from tznr_platform.estimation.network_tests import (
    density,
    density_error,
    group_agreement,
    network_regression,
    quadratic_assignment,
    vertex_bootstrap,
)
from tznr_platform.estimation.silent_organisations import Bounds, density_bounds, read, reciprocity_bounds
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


def test_actors_say_themselves_in_french(karate):
    assert "sur 34\u00a0organisations ; 4\u00a0groupes ; modularité 0,42" in karate.explain()
    assert karate.plot() is not None


def test_the_best_division_of_the_club_ignores_weights(karate):
    """Published optimum 0.419790 in four groups; with the weights networkx ships it would be 0.444904."""
    assert karate.modularity == pytest.approx(0.419790, abs=1e-6)
    assert len(set(karate.group)) == 4


def test_florentine_families():
    found = of(nx.florentine_families_graph())
    frame = found.to_frame().set_index("organisation_code")
    assert frame.loc[["Medici", "Guadagni", "Albizzi"], "betweenness"].tolist() == pytest.approx(
        [0.521978, 0.254579, 0.212454], abs=1e-6)


def test_florentine_eigenvector():
    frame = of(nx.florentine_families_graph()).to_frame().set_index("organisation_code")
    assert frame.loc[["Medici", "Strozzi"], "eigenvector"].tolist() == pytest.approx([0.4303, 0.3560], abs=5e-5)


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


def test_marriages_and_business_of_florence():
    """Padgett's families, 16 with Pucci, as UCINET prints them: correlation 0.372, one deal in a thousand as large."""
    business = ("Barbadori-Castellani Barbadori-Ginori Barbadori-Medici Barbadori-Peruzzi Bischeri-Guadagni "
                "Bischeri-Lamberteschi Bischeri-Peruzzi Castellani-Lamberteschi Castellani-Peruzzi Ginori-Medici "
                "Guadagni-Lamberteschi Lamberteschi-Peruzzi Medici-Pazzi Medici-Salviati Medici-Tornabuoni")
    marriages = nx.florentine_families_graph()
    families = sorted({*marriages, "Pucci"})
    first, second = (nx.to_numpy_array(nx.Graph([*edges, ("Pucci", "Pucci")]), nodelist=families)
                     for edges in (marriages.edges, [pair.split("-") for pair in business.split()] + [
                         (family, family) for family in families]))
    found = quadratic_assignment(first, second, seed=1, draws=4_999)
    assert found.correlation == pytest.approx(0.372, abs=5e-4) and found.p_value < 0.005


def test_vertex_bootstrap_grows_with_what_is_uncertain():
    full = np.ones((12, 12))
    random = (np.random.default_rng(4).random((12, 12)) < 0.3).astype(float)
    assert vertex_bootstrap(full, density, seed=1, draws=99) == 0
    assert 0.02 < vertex_bootstrap(random, density, seed=1, draws=199) < 0.12
    assert density_error(random, seed=1, draws=199) == pytest.approx(
        vertex_bootstrap(random, density, seed=1, draws=199))


def test_silent_organisations_give_bounds():
    ties = np.zeros((4, 4))
    ties[0, 1] = ties[1, 0] = 1
    assert density_bounds(ties, np.array([True, True, True, False])) == Bounds(2 / 9, 2 / 12, 5 / 12)
    assert density_bounds(ties, np.ones(4, bool)) == Bounds(2 / 12, 2 / 12, 2 / 12)


def test_what_cannot_be_compared_is_said_or_stops():
    assert isinstance(quadratic_assignment(np.zeros((4, 4)), np.ones((4, 4)), seed=1), NotEstimable)
    assert isinstance(vertex_bootstrap(np.zeros((2, 2)), density, seed=1), NotEstimable)
    with pytest.raises(UserError):
        quadratic_assignment(np.zeros((4, 4)), np.zeros((5, 5)), seed=1)
    with pytest.raises(UserError):
        density_bounds(np.zeros((4, 3)), np.ones(4, bool))


def test_bounds_hold_whatever_the_silent_say():
    random = np.random.default_rng(5)
    for _ in range(50):
        ties = (random.random((7, 7)) < 0.4).astype(float)
        np.fill_diagonal(ties, 0)
        answered = random.random(7) < 0.6
        for bounds, indicator in ((density_bounds, density), (reciprocity_bounds, reciprocity)):
            found = bounds(ties, answered)
            assert found.low - 1e-12 <= indicator(ties) <= found.high + 1e-12


def reciprocity(ties: np.ndarray) -> float:
    return float((ties * ties.T).sum() / ties.sum()) if ties.sum() else 0.0


def test_reciprocity_bounds_by_hand():
    """Two who answered know each other, one of them also the silent third."""
    ties = np.array([[0, 1, 1], [1, 0, 0], [0, 0, 0.0]])
    assert reciprocity_bounds(ties, np.array([True, True, False])) == Bounds(1.0, 2 / 4, 1.0)
    assert reciprocity_bounds(ties, np.ones(3, bool)) == Bounds(2 / 3, 2 / 3, 2 / 3)


def test_readings_of_silence():
    ties = np.array([[0, 1, 1], [1, 0, 0], [0, 1, 0.0]])
    answered = np.array([True, True, False])
    told, kept = read(ties, answered, "told_by_others")
    assert told.tolist() == [[0, 1, 1], [1, 0, 0], [1, 0, 0]] and kept.tolist() == [0, 1, 2]
    ignored, kept = read(ties, answered, "ignored")
    assert ignored.tolist() == [[0, 1], [1, 0]] and kept.tolist() == [0, 1]
    with pytest.raises(UserError):
        read(ties, answered, "guessed")


def test_network_regression_finds_what_explains():
    random = np.random.default_rng(6)
    first, second = random.normal(size=(2, 14, 14))
    explained = 0.8 * first + random.normal(size=(14, 14)) / 2
    found = network_regression(explained, [first, second], seed=1, draws=199)
    off = ~np.eye(14, dtype=bool)
    design = np.column_stack([np.ones(off.sum()), first[off], second[off]])
    assert found.coefficients == pytest.approx(np.linalg.lstsq(design, explained[off], rcond=None)[0][1:])
    assert found.p_values[0] == pytest.approx(1 / 200) and found.p_values[1] > 0.05


def test_network_regression_keeps_its_level_with_organisations_that_differ():
    """Senders and receivers have levels of their own: pairs are not independent, permutations know it."""
    random, rejected = np.random.default_rng(7), 0
    for seed in range(80):
        first, second = (random.normal(size=(12, 1)) + random.normal(size=(1, 12)) + random.normal(size=(12, 12)) / 3
                         for _ in range(2))
        rejected += network_regression(first, [second], seed=seed, draws=99).p_values[0] <= 0.05
    assert rejected <= 10


def test_agreement_of_divisions():
    """Hubert and Arabie: labels do not count; the value by hand for one organisation moved."""
    assert group_agreement([0, 0, 1, 1, 2, 2], [5, 5, 3, 3, 9, 9], seed=1, draws=99).adjusted_rand == 1
    moved = group_agreement([0, 0, 0, 1, 1, 1], [0, 0, 1, 1, 1, 1], seed=1, draws=999)
    assert moved.adjusted_rand == pytest.approx((4 - 6 * 7 / 15) / (6.5 - 6 * 7 / 15))
    assert 0.05 < moved.p_value < 0.6 and 0 < moved.mutual_information < 1
    assert isinstance(group_agreement([0, 0, 0], [0, 1, 2], seed=1), NotEstimable)


def test_networks_that_explain_nothing_say_why():
    flat = np.zeros((5, 5))
    varied = np.arange(25.0).reshape(5, 5)
    assert isinstance(network_regression(varied, [flat], seed=1), NotEstimable)
    assert isinstance(network_regression(varied, [varied.T, varied.T * 2], seed=1), NotEstimable)
    for wrong in ([], [np.zeros((4, 4))]):
        with pytest.raises(UserError):
            network_regression(varied, wrong, seed=1)
    with pytest.raises(UserError):
        group_agreement([0, 1, 1], [0, 1], seed=1)
