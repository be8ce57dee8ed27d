"""Bootstrap of respondents, on counts of distinct answers.

Here: covariance matrices of resampled answers. Not here: what is computed from them (``scales``). Answers are few and
small, so that resampling distinct ones is exact and its cost does not grow with the number of respondents.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

LARGEST_BLOCK = 4_000_000


def covariance_draws(answers: np.ndarray, draws: int, seed: int) -> np.ndarray:
    """Covariances (draws x k x k) over resampled rows of ``answers`` (n x k); a pair uses those who answered both."""
    counted = pd.DataFrame(answers).value_counts(sort=False, dropna=False).sort_index()
    patterns, counts = counted.index.to_frame().to_numpy(dtype=float), counted.to_numpy()
    here = ~np.isnan(patterns)
    filled = np.where(here, patterns, 0.0)
    k = patterns.shape[1]
    both = (here[:, :, None] & here[:, None, :]).astype(float)
    first = filled[:, :, None] * here[:, None, :]
    product = filled[:, :, None] * filled[:, None, :]
    moments = np.concatenate([both, first, product], axis=1).reshape(len(patterns), 3 * k * k)
    rng, parts, block = np.random.default_rng(seed), [], max(1, LARGEST_BLOCK // len(patterns))
    for start in range(0, draws, block):
        weights = rng.multinomial(counts.sum(), counts / counts.sum(), size=min(block, draws - start))
        parts.append(weights.astype(float) @ moments)
    number, sums, products = np.concatenate(parts).reshape(draws, 3, k, k).swapaxes(0, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return (products - sums * sums.swapaxes(1, 2) / number) / (number - 1)
