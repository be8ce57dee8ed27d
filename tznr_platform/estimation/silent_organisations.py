"""Organisations that did not answer: their ties ignored, told by the others, or bounded.

Here: three readings of one network (methods 4.5) and what cannot be known of density and reciprocity. Not here: the
indicators of a reading (``networks``). Ties are n x n matrices, row to column; ``has_answered``: n.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from tznr_platform.estimation.network_tests import matrix_of, refusal

Reading = Literal["ignored", "told_by_others"]


@dataclass(frozen=True)
class Bounds:
    """Least and largest value whatever the silent would have said; ``seen``: among the answers, None without any."""

    seen: float | None
    low: float
    high: float


def read(ties: np.ndarray, has_answered: np.ndarray, reading: Reading) -> tuple[np.ndarray, np.ndarray]:
    """The ties under a reading, and the positions of the organisations kept.

    ``ignored``: the network of those who answered. ``told_by_others``: a tie told to a silent organisation is taken to
    be returned; between two silent ones nothing is told and no tie is written. ``UserError`` for another reading.
    """
    ties, answered = _checked(ties, has_answered)
    if reading == "ignored":
        kept = np.flatnonzero(answered)
        return ties[np.ix_(kept, kept)], kept
    if reading != "told_by_others":
        raise refusal("lecture inconnue des organisations sans réponse")
    told = ties.copy()
    told[~answered] = 0
    told[np.ix_(~answered, answered)] = ties[np.ix_(answered, ~answered)].T
    return told, np.arange(len(ties))


def density_bounds(ties: np.ndarray, has_answered: np.ndarray) -> Bounds:
    """Ties over ordered pairs: a row that was not answered may hold no tie or every tie."""
    ties, answered = _checked(ties, has_answered)
    told = ties[answered].sum()
    pairs, silent = len(ties) * (len(ties) - 1), (~answered).sum() * (len(ties) - 1)
    known = pairs - silent
    return Bounds(float(told / known) if known else None, float(told / pairs), float((told + silent) / pairs))


def reciprocity_bounds(ties: np.ndarray, has_answered: np.ndarray) -> Bounds:
    """Share of returned ties: least if the silent return none and have all others, largest if they return all.

    Two silent organisations may have one tie (least) or two that answer each other (largest).
    """
    ties, answered = _checked(ties, has_answered)
    known = ties[np.ix_(answered, answered)]
    returned, among = float((known * known.T).sum()), float(known.sum())
    to_silent = float(ties[np.ix_(answered, ~answered)].sum())
    untold = float(answered.sum() * (~answered).sum()) - to_silent
    hidden = float((~answered).sum() * ((~answered).sum() - 1)) / 2
    least, most = among + to_silent + untold + hidden, among + 2 * to_silent + 2 * hidden
    return Bounds(returned / among if among else None, returned / least if least else 0.0,
                  (returned + 2 * to_silent + 2 * hidden) / most if most else 1.0)


def _checked(ties: np.ndarray, has_answered: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    ties, answered = matrix_of(ties), np.asarray(has_answered, bool)
    if answered.shape != (len(ties),) or len(ties) < 2:
        raise refusal("les réponses ne correspondent pas aux organisations")
    return ties, answered
