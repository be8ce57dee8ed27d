"""How far trends may differ before an effect is no longer significant: relative magnitudes and smoothness.

Here: the intervals of Rambachan and Roth (2023, Review of Economic Studies 90-5) from the coefficients of an event
study and their covariance: relative magnitudes by the conditional test, least favourable hybrid, of Andrews, Roth and
Pakes (2023); smoothness by fixed-length intervals (Armstrong and Kolesár 2018); the size at which the conclusion breaks
down. Not here: the event study (``group_time``). A flat path before treatment proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from tznr_platform.errors import UserError
from tznr_platform.estimation.nuisance import one_thread
from tznr_platform.estimation.verdict import NotEstimable
from tznr_platform.french import number

if TYPE_CHECKING:
    from tznr_platform.estimation.group_time import Aggregate

Restriction = Literal["relative_magnitude", "smoothness"]
LEVEL = 0.05
HYBRID_SHARE = 0.1
LEAST_FAVOURABLE_DRAWS, SEED = 20_000, 0
GRID, FINER_GRID, REFINEMENTS, NEWTON_STEPS = 1_000, 64, 3, 40
MAGNITUDES = (0.5, 1.0, 1.5, 2.0)
LARGEST_MAGNITUDE = 10.0
SMALLEST = np.finfo(float).tiny


@dataclass(frozen=True, eq=False)
class EventStudy:
    """Coefficients in time order, the reference period left out: ``pre_count`` before treatment, the others after.

    ``covariance``: of all of them. ``weights``: the effect meant, one weight a coefficient after treatment.
    """

    estimates: np.ndarray
    covariance: np.ndarray
    pre_count: int
    weights: np.ndarray

    @classmethod
    def of(cls, estimates: Sequence[float], covariance: np.ndarray, pre_count: int,
           weights: Sequence[float] | None = None) -> EventStudy | NotEstimable:
        """Checked; without ``weights``: the first period after treatment. ``UserError`` when sizes do not agree."""
        values, spread = np.asarray(estimates, float), np.asarray(covariance, float)
        post = len(values) - pre_count
        chosen = np.eye(max(post, 1))[0] if weights is None else np.asarray(weights, float)
        if spread.shape != (len(values),) * 2 or pre_count < 0 or len(chosen) != max(post, 1):
            raise _refusal("les coefficients, leur covariance et les poids ne décrivent pas les mêmes périodes")
        if pre_count < 1 or post < 1:
            return NotEstimable("sensibilité aux tendances", "il faut une période de chaque côté du traitement")
        if not (np.isfinite(values).all() and np.isfinite(spread).all() and np.isfinite(chosen).all() and chosen.any()):
            return NotEstimable("sensibilité aux tendances", "un coefficient ou une variance manque")
        if np.abs(spread - spread.T).max() > 1e-6 * np.abs(spread).max():
            raise _refusal("la covariance n'est pas symétrique")
        if np.linalg.eigvalsh((spread + spread.T) / 2)[0] <= 0:
            return NotEstimable("sensibilité aux tendances", "matrice de covariance singulière")
        return cls(values, spread, pre_count, chosen)

    @classmethod
    def of_aggregate(cls, dynamic: Aggregate, weights: Sequence[float] | None = None) -> EventStudy | NotEstimable:
        """From a dynamic aggregation estimated with the universal base, whose reference period is left out."""
        if dynamic.kind != "dynamic" or -1 not in dynamic.parts or dynamic.influence[:, 1:].any(axis=0).all():
            raise _refusal("il faut une agrégation par durée d'exposition, estimée avec la base universelle")
        kept = dynamic.influence[:, 1:].any(axis=0)
        influence = dynamic.influence[:, 1:][:, kept]
        covariance = influence.T @ influence / len(influence) ** 2
        return cls.of(dynamic.estimates[1:][kept], covariance, int((dynamic.parts[kept] < 0).sum()), weights)

    @property
    def effect(self) -> float:
        return float(self.weights @ self.estimates[self.pre_count:])

    @property
    def standard_error(self) -> float:
        part = self.covariance[self.pre_count:, self.pre_count:]
        return float(np.sqrt(self.weights @ part @ self.weights))


@dataclass(frozen=True)
class HonestTrends:
    """Intervals by size of the violation allowed, and the size at which zero enters (``breakdown``; None: never up to
    ten times, ``largest_tried``). ``original``: the interval when trends are taken for parallel."""

    restriction: Restriction
    estimate: float
    original: tuple[float, float]
    sizes: tuple[float, ...]
    lows: tuple[float, ...]
    highs: tuple[float, ...]
    breakdown: float | None
    largest_tried: float

    def to_frame(self) -> pd.DataFrame:
        """One row a size of violation."""
        return pd.DataFrame({"restriction_code": self.restriction, "violation_size": self.sizes, "low": self.lows,
                             "high": self.highs})

    def explain(self) -> str:
        """French sentence that may be printed under the estimate."""
        if self.original[0] <= 0 <= self.original[1]:
            return "L'effet n'est pas distinct de zéro, même si les tendances étaient parallèles."
        if self.breakdown == 0:
            return "L'effet n'est plus distinct de zéro dès la moindre divergence des tendances."
        size = _number(self.largest_tried if self.breakdown is None else self.breakdown)
        gap = f"les tendances divergent de {size} fois la plus forte rupture observée avant le début" \
            if self.restriction == "relative_magnitude" else f"la pente de l'écart change de {size} à chaque période"
        if self.breakdown is None:
            return f"L'effet reste distinct de zéro même si {gap}."
        return f"L'effet n'est plus distinct de zéro dès que {gap}."

    def plot(self):
        """Altair chart: the intervals by size of the violation allowed."""
        from tznr_platform.estimation.interval_chart import interval_chart

        rows = self.to_frame().assign(estimate=self.estimate, label=[_number(size) for size in self.sizes])
        return interval_chart(rows, label="label", value="estimate", low="low", high="high", axis="Effet",
                              title="Intervalle à 95 %, selon l'écart permis entre les tendances")


@one_thread()
def honest_trends(study: EventStudy, restriction: Restriction, sizes: Sequence[float] | None = None, *,
                  level: float = LEVEL) -> HonestTrends:
    """Intervals at 1 - ``level`` when trends may diverge: by ``sizes`` times the largest change between periods before
    treatment (``relative_magnitude``), or by changes of slope of at most ``sizes`` a period (``smoothness``).

    Coefficients are taken for jointly normal. ``UserError`` for an unknown restriction, a negative size or a level that
    is not between 0 and 1.
    """
    from scipy.stats import norm

    intervals = {"relative_magnitude": relative_magnitude_interval, "smoothness": smoothness_interval}
    if restriction not in intervals or not all(size >= 0 for size in sizes or ()) or not 0 < level < 1:
        raise _refusal("restriction inconnue, taille négative ou seuil hors de 0 à 1")
    interval = partial(intervals[restriction], study, level=level)
    if sizes is None:
        sizes = MAGNITUDES if restriction == "relative_magnitude" else \
            tuple(np.array(MAGNITUDES) * study.standard_error)
    found = [interval(size) for size in sizes]
    reach = norm.ppf(1 - level / 2) * study.standard_error
    largest = LARGEST_MAGNITUDE * (1 if restriction == "relative_magnitude" else study.standard_error)
    return HonestTrends(restriction, study.effect, (study.effect - reach, study.effect + reach), tuple(sizes),
                        tuple(low for low, _ in found), tuple(high for _, high in found),
                        _breakdown(interval, largest), largest)


def _breakdown(interval: Callable[[float], tuple[float, float]], largest: float) -> float | None:
    """Least violation whose interval holds zero: intervals grow with it, until their nearer end passes zero."""
    from scipy.optimize import brentq

    def beyond(size: float) -> float:
        """How far the nearer end is from zero; negative once the interval holds it."""
        low, high = interval(size)
        return max(low, -high)

    if beyond(0.0) <= 0:
        return 0.0
    return None if beyond(largest) > 0 else float(brentq(beyond, 0.0, largest, xtol=1e-5 * largest, rtol=1e-5))


def smoothness_interval(study: EventStudy, size: float, *, level: float = LEVEL) -> tuple[float, float]:
    """Shortest fixed-length interval around a linear estimate when the slope changes by at most ``size`` a period.

    The estimate weighs the coefficients before treatment so that a straight line does not bias it; what curvature can
    add is ``size`` times the sum of the absolute weights on the changes of slope. The half-length is convex in them.
    """
    from scipy.optimize import minimize

    pre, count = study.pre_count, len(study.estimates)
    slope, curvature = _paths(pre, count - pre)
    post = study.weights
    start = np.linalg.lstsq(slope[None, :pre], [-(slope[pre:] @ post)], rcond=None)[0]
    scale = study.standard_error

    def half_length(free: np.ndarray) -> tuple[float, np.ndarray]:
        weights = np.concatenate([free[:pre], post])
        deviation = np.sqrt(weights @ study.covariance @ weights)
        bias = size * free[pre:].sum() / deviation
        quantile, steepness = _folded_normal_quantile(bias, level)
        by_weights = (quantile - bias * steepness) * (study.covariance @ weights)[:pre] / deviation
        gradient = np.concatenate([by_weights, np.full(bends, size * steepness)])
        return deviation * quantile / scale, gradient / scale

    bends = len(curvature)
    known, spare = curvature[:, pre:] @ post, np.zeros((1, bends))
    line = np.hstack([slope[None, :pre], spare])
    hull = np.vstack([np.hstack([turn * curvature[:, :pre], np.eye(bends)]) for turn in (1.0, -1.0)])
    limits = [{"type": "eq", "fun": lambda free: line @ free + slope[pre:] @ post, "jac": lambda free: line},
              {"type": "ineq", "fun": lambda free: hull @ free + np.concatenate([known, -known]),
               "jac": lambda free: hull}]
    first = np.concatenate([start, np.abs(curvature[:, :pre] @ start + known)])
    solved = minimize(half_length, first, method="SLSQP", jac=True, constraints=limits,
                      options={"maxiter": 1_000, "ftol": 1e-13})
    centre = float(np.concatenate([solved.x[:pre], post]) @ study.estimates)
    return centre - solved.fun * scale, centre + solved.fun * scale


def _paths(pre: int, post: int) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients (zero at the reference period) of a straight line of slope one, and of one change of slope each."""
    times = np.concatenate([np.arange(-pre, 0), np.arange(1, post + 1)]).astype(float)
    bends = np.arange(-pre + 1, post)
    left, right = np.minimum(times - bends[:, None], 0), np.maximum(times - bends[:, None], 0)
    return times, np.where(bends[:, None] < 0, -left, right)


def _folded_normal_quantile(bias: float, level: float) -> tuple[float, float]:
    """Quantile 1 - ``level`` of the absolute value of a normal of mean ``bias`` and variance one; its derivative."""
    from math import erfc, exp, sqrt

    def beyond(value: float) -> float:
        return erfc(value / sqrt(2)) / 2

    quantile = bias + 2.0
    for _ in range(NEWTON_STEPS):
        near, far = (exp(-(quantile + turn * bias) ** 2 / 2) / sqrt(2 * np.pi) for turn in (-1, 1))
        step = (beyond(quantile - bias) + beyond(quantile + bias) - level) / (near + far)
        quantile += step
        if abs(step) < 1e-12:
            break
    return quantile, (near - far) / (near + far)


def relative_magnitude_interval(study: EventStudy, size: float, *, level: float = LEVEL) -> tuple[float, float]:
    """All effects that are not rejected, whichever change before treatment is taken for the largest."""
    bounds = [_accepted(study, size, place, sign, level) for place in range(study.pre_count) for sign in (1.0, -1.0)]
    found = np.array([pair for pair in bounds if pair is not None])
    return float(found[:, 0].min()), float(found[:, 1].max())


def _accepted(study: EventStudy, size: float, place: int, sign: float, level: float) -> tuple[float, float] | None:
    """Least and largest effect accepted when change number ``place`` before treatment, of ``sign``, is the largest.

    The null « no path that obeys explains the coefficients » is a linear programme whose dual has few corners: the
    statistic is the largest of as many normal variables, tested given all but its own direction.
    """
    from scipy.special import ndtr

    corners = _corners(study, size, place, sign)
    covariance = corners @ study.covariance @ corners.T
    variances = covariance.diagonal()
    values = corners @ study.estimates
    slopes = corners[:, study.pre_count:] @ study.weights / (study.weights @ study.weights)
    kappa = HYBRID_SHARE * level
    ceiling = _least_favourable(covariance, kappa)
    low, high = _range(values, slopes, ceiling)
    if low > high:
        return None
    allowed = (level - kappa) / (1 - kappa)

    def excess(effects: np.ndarray) -> np.ndarray:
        """Positive where the effect is rejected, an entry an effect."""
        moments = values[:, None] - slopes[:, None] * effects
        best = moments.argmax(axis=0)
        statistic = moments[best, np.arange(len(effects))]
        direction = covariance[:, best] / variances[best]
        rest = moments - direction * statistic
        with np.errstate(divide="ignore", invalid="ignore"):
            edge = rest / (1 - direction)
        near = direction < 1 - 1e-9
        lower = np.where(near, edge, -np.inf).max(axis=0)
        upper = np.minimum(np.where(direction > 1 + 1e-9, edge, np.inf).min(axis=0), ceiling)
        spread = np.sqrt(variances[best])
        beyond, low_end, high_end = (ndtr(-value / spread) for value in (statistic, lower, upper))
        chance = (beyond - high_end) / np.maximum(low_end - high_end, SMALLEST)
        return np.where(statistic > 0, allowed - chance, -1.0)

    return _outer_bounds(excess, low, high)


def _corners(study: EventStudy, size: float, place: int, sign: float) -> np.ndarray:
    """Corners of the dual, as weights on the coefficients: changes after treatment summed along the effect, both ways,
    each less ``size`` times the change that is meant to be the largest; and that change itself."""
    pre, post = study.pre_count, len(study.estimates) - study.pre_count
    changes = np.diff(np.vstack([np.eye(pre + post)[:pre], np.zeros(pre + post), np.eye(pre + post)[pre:]]), axis=0)
    largest = sign * changes[place]
    rows = [turn * change - size * largest for turn in (1.0, -1.0) for change in changes[pre:]]
    norms = np.sqrt(np.einsum("ri,ij,rj->r", rows, study.covariance, rows)).reshape(2, post)
    reach = study.weights[::-1].cumsum()[::-1]
    signed = np.where(reach >= 0, 0, 1)
    both = []
    for turn in (0, 1):
        chosen = np.where(turn == 0, signed, 1 - signed)
        total = sum(abs(reach[t]) * rows[chosen[t] * post + t] for t in range(post))
        both.append(total / sum(abs(reach[t]) * norms[chosen[t], t] for t in range(post)))
    if post == 1:
        before = np.array([turn * change - largest for turn in (1.0, -1.0) for change in changes[:pre]])
        lengths = np.sqrt(np.einsum("ri,ij,rj->r", before, study.covariance, before))
        own = list(before[lengths > 0] / lengths[lengths > 0, None])
    else:
        own = [-2 * size * largest / norms[:, t].sum() for t in range(post)] if size else []
    return np.array([*both, *own])


def _least_favourable(covariance: np.ndarray, share: float) -> float:
    """Quantile 1 - ``share`` of the largest of normal variables of that covariance, all of mean zero (simulated)."""
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0))
    return float(np.quantile((root @ _draws(len(covariance))).max(axis=0), 1 - share))


@cache
def _draws(count: int) -> np.ndarray:
    return np.random.default_rng(SEED).normal(size=(count, LEAST_FAVOURABLE_DRAWS))


def _range(values: np.ndarray, slopes: np.ndarray, ceiling: float) -> tuple[float, float]:
    """Effects for which no moment passes the ceiling; an empty range when one passes it whatever the effect."""
    moving = np.abs(slopes) > 1e-12
    if (values[~moving] > ceiling).any():
        return 1.0, 0.0
    edges = (values[moving] - ceiling) / slopes[moving]
    return float(edges[slopes[moving] > 0].max()), float(edges[slopes[moving] < 0].min())


def _outer_bounds(excess: Callable[[np.ndarray], np.ndarray], low: float, high: float) -> tuple[float, float] | None:
    """Least and largest argument where ``excess`` is not positive, on a grid made finer around both ends."""
    grid = np.linspace(low, high, GRID)
    kept = np.flatnonzero(excess(grid) <= 0)
    if not len(kept):
        return None
    ends = []
    for first, turn in ((kept[0], -1), (kept[-1], 1)):
        inside, outside = grid[first], grid[np.clip(first + turn, 0, GRID - 1)]
        for _ in range(REFINEMENTS):
            closer = np.linspace(inside, outside, FINER_GRID)
            last = np.flatnonzero(excess(closer) <= 0)[-1]
            inside, outside = closer[last], closer[min(last + 1, FINER_GRID - 1)]
        ends.append(float(inside))
    return ends[0], ends[1]


def _number(value: float) -> str:
    """Two figures that tell."""
    return number(value, max(0, 1 - int(np.floor(np.log10(value))))) if value > 0 else "0"


def _refusal(why: str) -> UserError:
    return UserError("L'analyse de sensibilité ne peut pas être faite.", where="tendances", why=why,
                     remedy="corriger l'appel")
