"""Groups of a network: the division of best modularity found from many starts.

Here: the search, all starts at once. Not here: the modularity of a division given beforehand (``networks``), what is
said of groups (``actors``). Sources: Newman and Girvan (2004) for modularity; Blondel et al. (2008) for the moves of
nodes then mergers of groups, until neither improves it. One start alone depends on luck.
"""

from __future__ import annotations

import numpy as np

STARTS = 200
SMALLEST_GAIN = 0.5


def best_groups(ties: np.ndarray, *, seed: int, starts: int = STARTS) -> np.ndarray:
    """Group number of each node (n), numbered by first member, from a symmetric matrix of 0 and 1 that has a tie.

    Gains of modularity are whole numbers here (times the square of the sum of degrees): exact on any number of threads.
    The same ``seed`` gives the same groups; among equal modularities, the division that comes first by its numbers.
    """
    ties = np.array(ties, dtype=float)
    degrees = ties.sum(axis=1)
    gain = ties * degrees.sum() - np.outer(degrees, degrees)
    random = np.random.default_rng(seed)
    order = random.random((starts, len(ties))).argsort(axis=1)
    groups = np.tile(np.arange(len(ties)), (starts, 1))
    while True:
        moved = _moved(groups, order, gain)
        groups = _merged(moved, gain, random)
        if (groups == moved).all():
            break
    groups = _distinct(groups)
    member = _members(groups)
    found = np.einsum("sic,ij,sjc->s", member, gain, member, optimize=True)
    return groups[(found > found.max() - SMALLEST_GAIN).argmax()]


def _moved(groups: np.ndarray, order: np.ndarray, gain: np.ndarray) -> np.ndarray:
    """Each node in turn goes to the group that gains most, in the order of its start, until none moves."""
    groups, member, rows = groups.copy(), _members(groups), np.arange(len(groups))
    has_moved = True
    while has_moved:
        has_moved = False
        for node in order.T:
            gained = (gain[node][:, None, :] @ member)[:, 0]
            own = groups[rows, node]
            gained[rows, own] -= gain[node, node]
            best = gained.argmax(axis=1)
            goes = np.flatnonzero(gained[rows, best] > gained[rows, own] + SMALLEST_GAIN)
            has_moved |= bool(len(goes))
            member[goes, node[goes], own[goes]] = 0
            member[goes, node[goes], best[goes]] = 1
            groups[goes, node[goes]] = best[goes]
    return groups


def _merged(groups: np.ndarray, gain: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Two groups whose merger gains become one, the more likely the more it gains, until none does."""
    groups, rows, size = groups.copy(), np.arange(len(groups)), groups.shape[1]
    while True:
        member = _members(groups)
        between = member.transpose(0, 2, 1) @ (gain @ member)
        empty = member.sum(axis=1) == 0
        between[empty[:, :, None] | empty[:, None, :] | np.eye(size, dtype=bool)] = -np.inf
        drawn = np.maximum(between, 0) * random.random(between.shape)
        best = drawn.reshape(len(rows), -1).argmax(axis=1)
        first, second = best // size, best % size
        goes = between[rows, first, second] > SMALLEST_GAIN
        if not goes.any():
            return groups
        groups = np.where(goes[:, None] & (groups == second[:, None]), first[:, None], groups)


def _members(groups: np.ndarray) -> np.ndarray:
    """Starts x nodes x groups, one where the node is in the group."""
    return (groups[:, :, None] == np.arange(groups.shape[1])).astype(float)


def _distinct(groups: np.ndarray) -> np.ndarray:
    """The divisions, each once, groups numbered by first member."""
    same = groups[:, :, None] == groups[:, None, :]
    first = same.argmax(axis=2)
    is_first = first == np.arange(groups.shape[1])
    number = is_first.cumsum(axis=1) - 1
    return np.unique(np.take_along_axis(number, first, axis=1), axis=0)
