"""Difference-in-differences over two periods with covariates: outcome regression, weighting, doubly robust.

Here: estimates and influence functions of Sant'Anna and Zhao (2020, Journal of Econometrics 219-1), on the change
of the outcome of each unit. Not here: which units and periods are compared (``group_time``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

Method = Literal["dr", "reg", "ipw"]
Result = tuple[float, np.ndarray]
LARGEST_PROPENSITY = 0.999
LARGEST_LOGIT, ITERATIONS, TOLERANCE = 500.0, 50, 1e-12
SEPARATED = "les covariables séparent parfaitement les unités traitées des autres"


class NoOverlapError(Exception):
    """The two groups cannot be compared; the message is the French reason."""


def regression(change: np.ndarray, treated: np.ndarray, design: np.ndarray, weights: np.ndarray) -> Result:
    """Controls' regression predicts the change the treated would have had. Arrays of n; ``design``: n x k."""
    predicted, slopes = _controls_regression(change, treated, design, weights)
    share = weights * treated
    seen, counterfactual = _mean(share, change), _mean(share, predicted)
    influence = share * (change - seen) - share * (predicted - counterfactual)
    influence -= slopes @ (share[:, None] * design).mean(axis=0)
    return seen - counterfactual, influence / share.mean()


def weighting(change: np.ndarray, treated: np.ndarray, design: np.ndarray, weights: np.ndarray) -> Result:
    """Controls weighted by their odds of being treated (normalised)."""
    propensity, score = _propensity(treated, design, weights)
    share = weights * treated
    odds = _odds(treated, propensity, weights)
    seen, counterfactual = _mean(share, change), _mean(odds, change)
    gradient = (odds[:, None] * (change - counterfactual)[:, None] * design).mean(axis=0)
    control = (odds * (change - counterfactual) + score @ gradient) / odds.mean()
    return seen - counterfactual, share * (change - seen) / share.mean() - control


def doubly_robust(change: np.ndarray, treated: np.ndarray, design: np.ndarray, weights: np.ndarray) -> Result:
    """Right if either the regression or the propensity is: weighted differences of what regression leaves."""
    propensity, score = _propensity(treated, design, weights)
    predicted, slopes = _controls_regression(change, treated, design, weights)
    rest = change - predicted
    share = weights * treated
    odds = _odds(treated, propensity, weights)
    seen, counterfactual = _mean(share, rest), _mean(odds, rest)
    treated_part = share * (rest - seen) - slopes @ (share[:, None] * design).mean(axis=0)
    gradient = (odds[:, None] * (rest - counterfactual)[:, None] * design).mean(axis=0)
    control_part = odds * (rest - counterfactual) + score @ gradient
    control_part -= slopes @ (odds[:, None] * design).mean(axis=0)
    return seen - counterfactual, treated_part / share.mean() - control_part / odds.mean()


ESTIMATORS: dict[Method, Callable[..., Result]] = {"dr": doubly_robust, "reg": regression, "ipw": weighting}


def propensity_scores(treated: np.ndarray, design: np.ndarray) -> np.ndarray:
    """Logit probability of being treated (n), ``design`` with its constant; ``NoOverlapError`` when there is none.

    Columns are standardised for the fit, which changes no probability: powers of an income are not ill-conditioned.
    """
    scale = design.std(axis=0)
    centred = np.where(scale > 0, (design - design.mean(axis=0)) / np.where(scale > 0, scale, 1), design)
    return _propensity(treated, centred, np.ones(len(treated)))[0]


def _mean(weights: np.ndarray, values: np.ndarray) -> float:
    return float((weights * values).sum() / weights.sum())


def _odds(treated: np.ndarray, propensity: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weights that make the controls look like the treated."""
    if (propensity[treated == 0] > LARGEST_PROPENSITY).any():
        raise NoOverlapError("des unités de comparaison ressemblent entièrement aux unités traitées")
    return weights * (1 - treated) * propensity / (1 - propensity)


def _controls_regression(change: np.ndarray, treated: np.ndarray, design: np.ndarray,
                         weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Predicted change of every unit, and the influence function of the coefficients (n x k)."""
    used = weights * (1 - treated)
    gram = (used[:, None] * design).T @ design / len(change)
    if np.linalg.matrix_rank(gram) < design.shape[1]:
        raise NoOverlapError("les unités de comparaison sont trop peu nombreuses ou leurs covariables colinéaires")
    coefficients = np.linalg.solve(gram, design.T @ (used * change) / len(change))
    predicted = design @ coefficients
    return predicted, np.linalg.solve(gram, ((used * (change - predicted))[:, None] * design).T).T


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
