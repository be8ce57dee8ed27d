"""The one-factor model of a scale, by maximum likelihood, for many covariance matrices at once.

Here: loadings and what is left to each item (Joreskog 1967), and McDonald's omega. Not here: several waves
(``invariance``), what follows from omega (``scales``).
"""

from __future__ import annotations

import numpy as np

ITERATIONS, TOLERANCE, LARGEST_STEP, LARGEST_LOG, RIDGE = 100, 1e-9, 1.0, 0.5, 1e-12
SMALLEST_REST = 0.005
FEWEST_ITEMS = 3


def one_factor(correlation: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Loadings and unique variances (... x k each) of correlation matrices (... x k x k), at least three items.

    NaN where the matrix is not positive definite or the iterations do not settle. Unique variances stay above 0.005, as
    in ``factanal`` of R; one that touches this bound is a Heywood case.
    """
    shape = correlation.shape[:-1]
    matrices = correlation.reshape(-1, shape[-1], shape[-1])
    definite = np.isfinite(matrices).all(axis=(1, 2))
    definite[definite] = np.linalg.eigvalsh(matrices[definite])[:, 0] > 1e-10
    loadings, rest = np.full((2, len(matrices), shape[-1]), np.nan)
    if definite.any():
        loadings[definite], rest[definite] = _fitted(matrices[definite])
    return loadings.reshape(shape), rest.reshape(shape)


def _fitted(matrices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Newton steps on the logarithms of the unique variances, each matrix until it settles."""
    start = (1 - 0.5 / matrices.shape[-1]) / np.diagonal(np.linalg.inv(matrices), axis1=1, axis2=2)
    logs = np.log(np.clip(start, SMALLEST_REST, 1))
    moving = np.arange(len(matrices))
    for _ in range(ITERATIONS):
        step = _step(matrices[moving], logs[moving])
        logs[moving] = np.clip(logs[moving] - step, np.log(SMALLEST_REST), LARGEST_LOG)
        moving = moving[np.abs(step).max(axis=1) >= TOLERANCE]
        if not len(moving):
            break
    values, vectors = _scaled(matrices, logs)
    rest = np.exp(logs)
    rest[moving] = np.nan
    loadings = np.sqrt(rest) * vectors[:, :, -1] * np.sqrt(np.maximum(values[:, -1:] - 1, 0))
    return loadings * np.where(loadings.sum(axis=1, keepdims=True) < 0, -1, 1), rest


def _step(matrices: np.ndarray, logs: np.ndarray) -> np.ndarray:
    """One step with Joreskog's approximate second derivatives; an item at the bound stays there while pushed to it."""
    values, vectors = _scaled(matrices, logs)
    others = vectors[:, :, :-1]
    gradient = ((1 - values[:, None, :-1]) * others**2).sum(axis=2)
    free = ~((logs <= np.log(SMALLEST_REST)) & (gradient > 0))
    curvature = np.where(free[:, :, None] & free[:, None, :], (others @ others.swapaxes(1, 2)) ** 2, 0)
    curvature = curvature + np.eye(matrices.shape[-1]) * (~free[:, :, None] + RIDGE)
    step = np.linalg.solve(curvature, np.where(free, gradient, 0)[:, :, None])[:, :, 0]
    largest = np.abs(step).max(axis=1, keepdims=True)
    return step * np.minimum(1, LARGEST_STEP / np.maximum(largest, LARGEST_STEP))


def _scaled(matrices: np.ndarray, logs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    scale = np.exp(-logs / 2)
    return np.linalg.eigh(matrices * scale[:, :, None] * scale[:, None, :])


def omega_total(covariance: np.ndarray) -> np.ndarray:
    """McDonald's omega of the sum of the items, (sum of loadings)^2 over itself plus the unique variances (...).

    ``covariance``: ... x k x k. The model's variance of the sum is the denominator (McDonald 1999, eq. 6.20b). NaN with
    fewer than three items, whose factor is not identified, and where ``one_factor`` gives none.
    """
    deviation = np.sqrt(np.diagonal(covariance, axis1=-2, axis2=-1))
    if covariance.shape[-1] < FEWEST_ITEMS:
        return np.full(covariance.shape[:-2], np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        loadings, rest = one_factor(covariance / (deviation[..., :, None] * deviation[..., None, :]))
        common = (loadings * deviation).sum(axis=-1) ** 2
        return common / (common + (rest * deviation**2).sum(axis=-1))
