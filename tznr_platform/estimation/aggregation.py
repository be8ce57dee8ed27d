"""Averages of group-time effects: overall, by exposure, by group, by period.

Here: the weights of Callaway and Sant'Anna (2021, section 3) and the influence functions of the averages, in which
the weights count as estimated. Not here: the effects themselves (``group_time``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from tznr_platform.errors import UserError
from tznr_platform.estimation.verdict import NotEstimable

if TYPE_CHECKING:
    from tznr_platform.estimation.group_time import Aggregate, GroupTimeEffects, Kind

Part = tuple[float, np.ndarray]


def aggregate(effects: GroupTimeEffects, kind: Kind, *,
              balanced_through: int | None = None) -> Aggregate | NotEstimable:
    """The overall effect of ``kind`` and its parts; ``UserError`` for an unknown kind.

    ``balanced_through``: the longest exposure of a dynamic average of cohorts that all reach it (``balance_e`` of the R
    package ``did``), so that exposures do not differ by their cohorts.
    """
    from tznr_platform.estimation.group_time import Aggregate

    after = effects.groups <= effects.periods
    if not after.any():
        return NotEstimable("effet agrégé", "aucun effet après le traitement n'a pu être estimé")
    by = {"simple": None, "dynamic": effects.periods - effects.groups, "group": effects.groups,
          "calendar": effects.periods}
    if kind not in by:
        raise UserError(f"Agrégation inconnue : {kind}.", where="effets par cohorte",
                        why="seules existent : " + ", ".join(by), remedy="choisir l'une d'elles")
    if balanced_through is not None and (kind != "dynamic" or balanced_through < 0):
        raise UserError("Équilibrage impossible.", where="effets par cohorte",
                        why="il porte sur les durées d'exposition, à partir de zéro",
                        remedy="le demander pour l'agrégation par durée d'exposition")
    if kind == "simple":
        estimate, influence = _weighted(effects, after)
        return Aggregate(kind, np.empty(0), np.array([estimate]), influence[:, None], effects.has_many_units)
    kept = _through(effects, balanced_through) if kind == "dynamic" else after
    if not (kept & after).any():
        return NotEstimable("effet agrégé", "aucune cohorte n'est suivie aussi longtemps")
    keys = np.unique(by[kind][kept])
    average = _plain if kind == "group" else _weighted
    parts = [average(effects, kept & (by[kind] == key)) for key in keys]
    whole = [rank for rank, key in enumerate(keys) if kind != "dynamic" or key >= 0]
    overall = _over_groups(effects, keys, parts) if kind == "group" else _mean([parts[rank] for rank in whole])
    together = [overall, *parts]
    return Aggregate(kind, keys, np.array([part[0] for part in together]),
                     np.stack([part[1] for part in together], axis=1), effects.has_many_units)


def _through(effects: GroupTimeEffects, exposure: int | None) -> np.ndarray:
    """Effects of the cohorts followed up to ``exposure``, at exposures that all of them could show."""
    if exposure is None:
        return np.ones(len(effects.groups), bool)
    first, last = effects.periods.min(), effects.periods.max()
    exposures = effects.periods - effects.groups
    return (last - effects.groups >= exposure) & (exposures <= exposure) & (exposures >= exposure - last + first)


def _plain(effects: GroupTimeEffects, chosen: np.ndarray) -> Part:
    return float(effects.estimates[chosen].mean()), effects.influence[:, chosen].mean(axis=1)


def _mean(parts: Sequence[Part]) -> Part:
    return float(np.mean([part[0] for part in parts])), np.mean([part[1] for part in parts], axis=0)


def _weighted(effects: GroupTimeEffects, chosen: np.ndarray) -> Part:
    """Effects weighted by the size of their group."""
    estimates, influence = effects.estimates[chosen], effects.influence[:, chosen]
    weights, weights_influence = _shares(effects, effects.groups[chosen])
    return float(weights @ estimates), influence @ weights + weights_influence @ estimates


def _over_groups(effects: GroupTimeEffects, groups: np.ndarray, parts: Sequence[Part]) -> Part:
    estimates = np.array([part[0] for part in parts])
    weights, weights_influence = _shares(effects, groups)
    influence = np.stack([part[1] for part in parts], axis=1)
    return float(weights @ estimates), influence @ weights + weights_influence @ estimates


def _shares(effects: GroupTimeEffects, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Relative size of the group of each effect (they add up to 1), and its influence function (n x effects)."""
    members = (effects.cohorts[:, None] == groups) * effects.unit_weights[:, None]
    sizes = members.mean(axis=0)
    centred = members - sizes
    total = sizes.sum()
    return sizes / total, centred / total - np.outer(centred.sum(axis=1), sizes) / total**2
