"""Do two networks of the same organisations resemble each other; how sure is an indicator of one network.

Here: the quadratic assignment procedure, the vertex bootstrap, bounds for silent organisations. Not here: the
indicators (``networks``, ``actors``). Sources: Krackhardt (1988), Snijders and Borgatti (1999).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tznr_platform.errors import UserError
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
    first, second = _matrix(first), _matrix(second)
    if first.shape != second.shape:
        raise _refusal("les deux réseaux n'ont pas les mêmes organisations")
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


def vertex_bootstrap(ties: np.ndarray, indicator: Callable[[np.ndarray], float], *, seed: int,
                     draws: int = 999) -> float | NotEstimable:
    """Standard error of an indicator of an n x n matrix when organisations are drawn with replacement.

    The tie of an organisation with its own copy is drawn among all pairs (Snijders and Borgatti 1999).
    """
    ties = _matrix(ties)
    count = len(ties)
    if count < 3:
        return NotEstimable("erreur d'un indicateur de réseau", "il faut au moins trois organisations")
    random = np.random.default_rng(seed)
    off = ~np.eye(count, dtype=bool)
    values = np.empty(draws)
    for rank in range(draws):
        chosen = random.integers(0, count, count)
        drawn = ties[np.ix_(chosen, chosen)]
        copies = (chosen[:, None] == chosen[None, :]) & off
        drawn[copies] = random.choice(ties[off], size=int(copies.sum()))
        np.fill_diagonal(drawn, 0)
        values[rank] = indicator(drawn)
    return float(values.std(ddof=1))


def density_bounds(ties: np.ndarray, has_answered: np.ndarray) -> tuple[float | None, float, float]:
    """Density among the organisations that answered (None if none did), then its least and largest value if all had.

    A row that was not answered may hold no tie or every tie; ties told by others about the silent are not used.
    """
    ties, has_answered = _matrix(ties), np.asarray(has_answered, bool)
    if has_answered.shape != (len(ties),) or len(ties) < 2:
        raise _refusal("les réponses ne correspondent pas aux organisations")
    told = ties[has_answered].sum()
    pairs, silent = len(ties) * (len(ties) - 1), (~has_answered).sum() * (len(ties) - 1)
    known = pairs - silent
    return float(told / known) if known else None, float(told / pairs), float((told + silent) / pairs)


def density(ties: np.ndarray) -> float:
    """Ties over ordered pairs of a matrix with an empty diagonal."""
    return float(ties.sum() / (len(ties) * (len(ties) - 1)))


def _matrix(ties: np.ndarray) -> np.ndarray:
    found = np.array(ties, dtype=float)
    if found.ndim != 2 or found.shape[0] != found.shape[1] or not np.isfinite(found).all():
        raise _refusal("un réseau est une matrice carrée sans valeur absente")
    np.fill_diagonal(found, 0)
    return found


def _refusal(why: str) -> UserError:
    return UserError("Ces réseaux ne peuvent pas être comparés.", where="réseaux", why=why,
                     remedy="donner la matrice des liens entre toutes les organisations")
