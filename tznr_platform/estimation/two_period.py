"""Difference-in-differences over two periods with covariates: outcome regression, weighting, doubly robust.

Here: estimates and influence functions of Sant'Anna and Zhao (2020, Journal of Econometrics 219-1), on the change
of the outcome of each unit. Not here: which units and periods are compared (``group_time``).
Changes are m x n (m changes of the same n units, compared at once): effects are m, influence functions m x n.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

Method = Literal["dr", "reg", "ipw"]
Result = tuple[np.ndarray, np.ndarray]
LARGEST_PROPENSITY = 0.999
LARGEST_LOGIT, ITERATIONS, TOLERANCE = 500.0, 50, 1e-12
SEPARATED = "les covariables sont colinéaires, ou séparent parfaitement les unités traitées des autres"


class NoOverlapError(Exception):
    """The two groups cannot be compared; the message is the French reason."""


def regression(change: np.ndarray, treated: np.ndarray, design: np.ndarray, weights: np.ndarray) -> Result:
    """Controls' regression predicts the change the treated would have had. ``change``: m x n; ``design``: n x k."""
    rest, sway = _beyond_controls(change, treated, design, weights)
    share = weights * treated
    effect = _mean(share, rest)
    influence = share * (rest - effect[:, None]) - rest * sway(share)
    return effect, influence / share.mean()


def weighting(change: np.ndarray, treated: np.ndarray, design: np.ndarray, weights: np.ndarray) -> Result:
    """Controls weighted by their odds of being treated (normalised)."""
    propensity, score = _propensity(treated, design, weights)
    share, odds = weights * treated, _odds(treated, propensity, weights)
    seen, counterfactual = _mean(share, change), _mean(odds, change)
    control = odds * (change - counterfactual[:, None])
    control += (control @ design / len(treated)) @ score.T
    influence = share * (change - seen[:, None]) / share.mean() - control / odds.mean()
    return seen - counterfactual, influence


def doubly_robust(change: np.ndarray, treated: np.ndarray, design: np.ndarray, weights: np.ndarray) -> Result:
    """Right if either the regression or the propensity is: weighted differences of what regression leaves."""
    propensity, score = _propensity(treated, design, weights)
    rest, sway = _beyond_controls(change, treated, design, weights)
    share, odds = weights * treated, _odds(treated, propensity, weights)
    seen, counterfactual = _mean(share, rest), _mean(odds, rest)
    control = odds * (rest - counterfactual[:, None])
    control += (control @ design / len(treated)) @ score.T - rest * sway(odds)
    influence = (share * (rest - seen[:, None]) - rest * sway(share)) / share.mean() - control / odds.mean()
    return seen - counterfactual, influence


ESTIMATORS: dict[Method, Callable[..., Result]] = {"dr": doubly_robust, "reg": regression, "ipw": weighting}


def propensity_scores(treated: np.ndarray, design: np.ndarray) -> np.ndarray:
    """Logit probability of being treated (n), ``design`` with its constant; ``NoOverlapError`` when there is none.

    Columns are standardised for the fit, which changes no probability: powers of an income are not ill-conditioned.
    """
    scale = design.std(axis=0)
    centred = np.where(scale > 0, (design - design.mean(axis=0)) / np.where(scale > 0, scale, 1), design)
    return _propensity(treated, centred, np.ones(len(treated)))[0]


def _mean(weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    return values @ weights / weights.sum()


def _odds(treated: np.ndarray, propensity: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weights that make the controls look like the treated."""
    if (propensity[treated == 0] > LARGEST_PROPENSITY).any():
        raise NoOverlapError("des unités de comparaison ressemblent entièrement aux unités traitées")
    return weights * (1 - treated) * propensity / (1 - propensity)


def _beyond_controls(change: np.ndarray, treated: np.ndarray, design: np.ndarray,
                     weights: np.ndarray) -> tuple[np.ndarray, Callable[[np.ndarray], np.ndarray]]:
    """What the controls' regression does not predict (m x n), and how estimating it moves a mean: for the weights of
    that mean (n), the factor (n) which, times what is not predicted, is each unit's part."""
    used = weights * (1 - treated)
    gram = (used[:, None] * design).T @ design / len(treated)
    if not used.any() or np.linalg.matrix_rank(gram, hermitian=True) < design.shape[1]:
        raise NoOverlapError("les unités de comparaison sont trop peu nombreuses ou leurs covariables colinéaires")
    coefficients = np.linalg.solve(gram, (change @ (used[:, None] * design)).T / len(treated))
    rest = change - (design @ coefficients).T
    return rest, lambda mean: used * (design @ np.linalg.solve(gram, mean @ design / len(treated)))


def _propensity(treated: np.ndarray, design: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Logit by Newton's method: propensity of every unit, and the influence function of the coefficients."""
    if not 0 < treated.mean() < 1:
        raise NoOverlapError("il manque des unités traitées ou des unités de comparaison")
    coefficients = np.zeros(design.shape[1])
    for _ in range(ITERATIONS):
        propensity = 1 / (1 + np.exp(-np.clip(design @ coefficients, -LARGEST_LOGIT, LARGEST_LOGIT)))
        hessian = (weights * propensity * (1 - propensity))[:, None] * design
        hessian = hessian.T @ design / len(treated)
        if not np.linalg.cond(hessian) < 1 / TOLERANCE:
            raise NoOverlapError(SEPARATED)
        scores = (weights * (treated - propensity))[:, None] * design
        step = np.linalg.solve(hessian, scores.mean(axis=0))
        coefficients = coefficients + step
        if np.abs(step).max() < TOLERANCE:
            break
    else:
        raise NoOverlapError(SEPARATED)
    return propensity, np.linalg.solve(hessian, scores.T).T
