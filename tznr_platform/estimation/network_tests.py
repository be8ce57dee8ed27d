"""Do two networks of the same organisations resemble each other; how sure is an indicator of one network.

Here: the quadratic assignment procedure, alone and with several networks, the agreement of two divisions, the vertex
bootstrap. Not here: the indicators (``networks``, ``actors``), silent organisations (``silent_organisations``).
Sources: Krackhardt (1988), Dekker, Krackhardt and Snijders (2007), Hubert and Arabie (1985), Snijders and Borgatti
(1999).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tznr_platform.errors import UserError
from tznr_platform.estimation.nuisance import one_thread
from tznr_platform.estimation.verdict import NotEstimable

DRAWS = 9_999


@dataclass(frozen=True)
class Resemblance:
    """Correlation of two networks over all pairs, and how often relabelled networks resemble as much."""

    correlation: float
    p_value: float
    draw_count: int


def quadratic_assignment(first: np.ndarray, second: np.ndarray, *, seed: int,
                         draws: int = DRAWS) -> Resemblance | NotEstimable:
    """Compare two n x n matrices of ties (diagonals ignored): rows and columns of one are permuted together.

    Ties of one organisation depend on each other: pairs are never taken for independent observations.
    """
    first, second = matrix_of(first), matrix_of(second)
    if first.shape != second.shape:
        raise refusal("les deux réseaux n'ont pas les mêmes organisations")
    off = ~np.eye(len(first), dtype=bool)
    if len(first) < 3 or np.ptp(first[off]) == 0 or np.ptp(second[off]) == 0:
        return NotEstimable("ressemblance de deux réseaux", "un des deux réseaux ne varie pas")
    random = np.random.default_rng(seed)
    seen = np.corrcoef(first[off], second[off])[0, 1]
    left = (first[off] - first[off].mean()) / first[off].std()
    right = second - second[off].mean()
    scale = second[off].std() * off.sum()
    drawn = np.empty(draws)
    for rank in range(draws):
        order = random.permutation(len(second))
        drawn[rank] = left @ right[np.ix_(order, order)][off] / scale
    extreme = (np.abs(drawn) >= abs(seen) * (1 - 1e-12)).sum()
    return Resemblance(float(seen), float((1 + extreme) / (1 + draws)), draws)


@dataclass(frozen=True)
class NetworkRegression:
    """Coefficients of networks that explain a network, with permutation p-values, in the order given."""

    coefficients: tuple[float, ...]
    p_values: tuple[float, ...]
    draw_count: int


@one_thread()
def network_regression(explained: np.ndarray, explaining: Sequence[np.ndarray], *, seed: int,
                       draws: int = DRAWS) -> NetworkRegression | NotEstimable:
    """Least squares over all ordered pairs, with a constant; double semi-partialling for the p-values.

    What a network adds to the others is permuted by organisations, and its t statistic compared with that of the data.
    """
    outcome, others = matrix_of(explained), [matrix_of(one) for one in explaining]
    if not others or any(one.shape != outcome.shape for one in others):
        raise refusal("les réseaux n'ont pas les mêmes organisations")
    off = ~np.eye(len(outcome), dtype=bool)
    design = np.column_stack([np.ones(off.sum()), *(one[off] for one in others)])
    freedom = len(design) - design.shape[1]
    if len(outcome) < 3 or freedom < 1 or np.linalg.matrix_rank(design) < design.shape[1] or not np.ptp(outcome[off]):
        return NotEstimable("régression de réseaux", "un réseau ne varie pas ou se déduit des autres")
    random = np.random.default_rng(seed)
    found = []
    for column in range(1, design.shape[1]):
        basis = np.linalg.qr(np.delete(design, column, axis=1))[0]
        left = outcome[off] - basis @ (basis.T @ outcome[off])
        added = np.zeros_like(outcome)
        added[off] = design[:, column] - basis @ (basis.T @ design[:, column])

        def statistic(values: np.ndarray, basis=basis, left=left) -> tuple[float, float]:
            rest = values - basis @ (basis.T @ values)
            square = rest @ rest
            slope = rest @ left / square
            return slope, slope / np.sqrt(max(left @ left - slope**2 * square, 1e-300) / freedom / square)

        slope, seen = statistic(added[off])
        orders = (random.permutation(len(outcome)) for _ in range(draws))
        drawn = np.array([statistic(added[np.ix_(order, order)][off])[1] for order in orders])
        extreme = (np.abs(drawn) >= abs(seen) * (1 - 1e-9)).sum()
        found.append((float(slope), float((1 + extreme) / (1 + draws))))
    return NetworkRegression(tuple(slope for slope, _ in found), tuple(value for _, value in found), draws)


@dataclass(frozen=True)
class Agreement:
    """Of two divisions of the same organisations: adjusted Rand index, normalised mutual information, their p-value."""

    adjusted_rand: float
    mutual_information: float
    p_value: float
    draw_count: int


def group_agreement(first: Sequence[int], second: Sequence[int], *, seed: int,
                    draws: int = DRAWS) -> Agreement | NotEstimable:
    """Do the groups of one wave come back in another? Group numbers by organisation, in one order; labels do not count.

    The p-value: how often organisations dealt at random to the second groups agree as much (adjusted Rand).
    """
    from sklearn.metrics import normalized_mutual_info_score

    left, right = (np.unique(np.asarray(groups), return_inverse=True)[1] for groups in (first, second))
    if len(left) != len(right):
        raise refusal("les deux divisions n'ont pas les mêmes organisations")
    if len(left) < 3 or not left.any() or not right.any():
        return NotEstimable("accord de deux divisions", "une des deux divisions n'a qu'un groupe")
    random = np.random.default_rng(seed)
    seen = _adjusted_rand(left, right)
    drawn = np.array([_adjusted_rand(left, random.permutation(right)) for _ in range(draws)])
    extreme = (drawn >= seen - 1e-12).sum()
    return Agreement(seen, float(normalized_mutual_info_score(left, right)), float((1 + extreme) / (1 + draws)), draws)


def _adjusted_rand(left: np.ndarray, right: np.ndarray) -> float:
    shared = np.zeros((left.max() + 1, right.max() + 1))
    np.add.at(shared, (left, right), 1)

    def pairs(counts: np.ndarray) -> float:
        return float((counts * (counts - 1)).sum() / 2)

    rows, columns, whole = pairs(shared.sum(axis=1)), pairs(shared.sum(axis=0)), len(left) * (len(left) - 1) / 2
    expected = rows * columns / whole
    largest = (rows + columns) / 2
    return (pairs(shared) - expected) / (largest - expected) if largest != expected else 1.0


def vertex_bootstrap(ties: np.ndarray, indicator: Callable[[np.ndarray], float], *, seed: int,
                     draws: int = 999) -> float | NotEstimable:
    """Standard error of an indicator of an n x n matrix when organisations are drawn with replacement.

    The tie of an organisation with its own copy is drawn among all pairs (Snijders and Borgatti 1999).
    """
    ties = matrix_of(ties)
    if len(ties) < 3:
        return NotEstimable("erreur d'un indicateur de réseau", "il faut au moins trois organisations")
    values = [indicator(drawn) for drawn in _redrawn(ties, draws, seed)]
    return float(np.std(values, ddof=1))


def density_error(ties: np.ndarray, *, seed: int, draws: int = 999) -> float | NotEstimable:
    """The same for the density, all draws at once."""
    ties = matrix_of(ties)
    if len(ties) < 3:
        return NotEstimable("erreur d'un indicateur de réseau", "il faut au moins trois organisations")
    drawn = _redrawn(ties, draws, seed).sum(axis=(1, 2)) / (len(ties) * (len(ties) - 1))
    return float(drawn.std(ddof=1))


def _redrawn(ties: np.ndarray, draws: int, seed: int) -> np.ndarray:
    """Networks (draws x n x n) of organisations drawn with replacement."""
    count, random = len(ties), np.random.default_rng(seed)
    off = ~np.eye(count, dtype=bool)
    chosen = random.integers(0, count, (draws, count))
    drawn = ties[chosen[:, :, None], chosen[:, None, :]]
    copies = (chosen[:, :, None] == chosen[:, None, :]) & off
    drawn[copies] = random.choice(ties[off], size=int(copies.sum()))
    drawn[:, ~off] = 0
    return drawn


def density(ties: np.ndarray) -> float:
    """Ties over ordered pairs of a matrix with an empty diagonal."""
    return float(ties.sum() / (len(ties) * (len(ties) - 1)))


def matrix_of(ties: np.ndarray) -> np.ndarray:
    """A square matrix of ties without its diagonal; ``UserError`` when it is not one."""
    found = np.array(ties, dtype=float)
    if found.ndim != 2 or found.shape[0] != found.shape[1] or not np.isfinite(found).all():
        raise refusal("un réseau est une matrice carrée sans valeur absente")
    np.fill_diagonal(found, 0)
    return found


def refusal(why: str) -> UserError:
    """The one letter of this family."""
    return UserError("Ces réseaux ne peuvent pas être comparés.", where="réseaux", why=why,
                     remedy="donner la matrice des liens entre toutes les organisations")
