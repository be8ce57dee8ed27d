"""What an effect needs and nobody asks about: chances of being met and of opening anyway, cross-fitted.

Here: one binary model on cells (stratum x profile of covariates), fitted on the other folds, and the setting that makes
it give the same bytes on any number of threads. Not here: what is compared with what (``trials``, ``doubly_robust``).
Persons of one cell count as one row with a weight: the cost follows the cells, not the person-months.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

import numpy as np
from scipy.special import expit

from tznr_platform.errors import UserError

Learner = Literal["logistic", "boosting"]
EDGE = 1e-6
TREES, LEAVES, SMALLEST_LEAF, MOST_ROWS = 60, 8, 50, 400_000
NEWTON_STEPS, NEGLIGIBLE = 100, 1e-9


@contextmanager
def one_thread() -> Iterator[None]:
    """Sums in one order whatever the machine: same data, same seed, same bytes."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        yield


def require_learner(learner: str) -> None:
    """``UserError`` for a model that does not exist: none stands in for it."""
    if learner not in get_args(Learner):
        raise UserError(f"Modèle inconnu : {learner}.", where="modèles d'appoint",
                        why="seuls existent " + " et ".join(get_args(Learner)), remedy="choisir l'un d'eux")


def folds_of(clusters: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """Fold of each unit (n): whole clusters are drawn, so that nobody is predicted from their own territory."""
    codes, index = np.unique(clusters, return_inverse=True)
    drawn = np.random.default_rng(seed).permutation(len(codes))
    return (drawn % min(folds, len(codes)))[index]


@dataclass(frozen=True, eq=False)
class Cells:
    """Cells of persons x months: ``code`` (n x months), then by cell its stratum and its covariates (standardised)."""

    code: np.ndarray
    stratum: np.ndarray
    covariates: np.ndarray
    fold: np.ndarray

    @classmethod
    def of(cls, stratum: np.ndarray, covariates: np.ndarray, fold: np.ndarray) -> Cells:
        """``stratum``: n x months, from -1; ``covariates``: n x k (k may be 0), finite; ``fold``: n."""
        shifted = stratum.astype(np.int64) + 1
        width = int(shifted.max()) + 1
        if not covariates.shape[1]:
            return cls(shifted, np.arange(width), np.empty((width, 0)), np.zeros(len(stratum), np.int64))
        profiles, profile = np.unique(covariates, axis=0, return_inverse=True)
        key, code = np.unique(shifted + profile.reshape(-1, 1) * width, return_inverse=True)
        spread = profiles.std(axis=0)
        standard = (profiles - profiles.mean(axis=0)) / np.where(spread > 0, spread, 1)
        return cls(code.reshape(stratum.shape), key % width, standard[key // width], fold)

    @property
    def shape(self) -> tuple[int, int]:
        """Folds and cells: the shape of counts and of predictions."""
        return int(self.fold.max()) + 1, len(self.stratum)

    @cached_property
    def _lived(self) -> list[np.ndarray]:
        """Cells where somebody of the fold once was."""
        return [np.unique(self.code[self.fold == fold]) for fold in range(self.shape[0])]

    def place(self, persons: np.ndarray | slice, month: int) -> np.ndarray:
        """Where these persons lie in a month, in an array of ``shape`` once flattened."""
        return self.fold[persons] * self.shape[1] + self.code[persons, month]

    def predicted(self, events: np.ndarray, total: np.ndarray, learner: Learner, seed: int) -> np.ndarray:
        """Chance of the event by fold and cell (``shape``), learnt from the weighted counts of the other folds.

        Without covariates: the share of the stratum. With: a model of the stratum's own chance and the covariates.
        """
        if not self.covariates.shape[1]:
            share = np.divide(events, total, out=np.zeros_like(total), where=total > 0)
            return np.minimum(share, 1 - 1e-9)
        found = np.full(self.shape, EDGE)
        for fold in range(len(found)):
            others = np.arange(len(found)) != fold if len(found) > 1 else np.array([True])
            lived = self._lived[fold]
            found[fold, lived] = self._fitted(events[others].sum(axis=0), total[others].sum(axis=0), lived, learner,
                                              seed)
        return np.clip(found, EDGE, 1 - EDGE)

    def _fitted(self, events: np.ndarray, total: np.ndarray, wanted: np.ndarray, learner: Learner,
                seed: int) -> np.ndarray:
        """Chance in the ``wanted`` cells, from weighted counts by cell."""
        overall = events.sum() / max(total.sum(), 1)
        if not 0 < overall < 1:
            return np.full(len(wanted), overall)
        kinds = int(self.stratum.max()) + 1
        seen = np.bincount(self.stratum, total, kinds) + 1
        share = np.clip((np.bincount(self.stratum, events, kinds) + overall) / seen, EDGE, 1 - EDGE)[self.stratum]
        features = np.column_stack([np.log(share / (1 - share)), self.covariates])
        rows = np.flatnonzero(total > EDGE)
        if len(rows) > MOST_ROWS:  # cells of one person each: a drawn part teaches as much
            rows = np.sort(np.random.default_rng(seed).choice(rows, MOST_ROWS, replace=False))
        if learner == "logistic":
            return expit(_design(features[wanted]) @ shrunk_logit(features[rows], events[rows], total[rows]))
        weights = np.concatenate([events[rows], (total - events)[rows]])
        kept = np.flatnonzero(weights > EDGE)
        model = binary_model(learner, seed).fit(features[np.tile(rows, 2)[kept]], kept < len(rows),
                                                sample_weight=weights[kept])
        return model.predict_proba(features[wanted])[:, 1]


def shrunk_logit(features: np.ndarray, events: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Coefficients of a logistic regression on counts, the intercept first, slopes slightly shrunk (ridge of one).

    ``features``: cells x k; ``events`` of ``total`` by cell. What scikit-learn's ``LogisticRegression`` gives with one
    row a person, by Newton's steps on the cells: an access effect needs hundreds of them.
    """
    design, ridge = _design(features), np.append(0.0, np.ones(features.shape[1]))
    overall = events.sum() / total.sum()
    found = np.append(np.log(overall / (1 - overall)), np.zeros(features.shape[1]))

    def loss(values: np.ndarray) -> float:
        line = design @ values
        return float(total @ np.logaddexp(0, line) - events @ line + ridge @ values**2 / 2)

    for _ in range(NEWTON_STEPS):
        chance = expit(design @ found)
        gradient = design.T @ (total * chance - events) + ridge * found
        curvature = (design * (total * chance * (1 - chance))[:, None]).T @ design + np.diag(ridge)
        step = np.linalg.solve(curvature, gradient)
        here = loss(found)
        while loss(found - step) > here + 1e-12 * abs(here) and np.abs(step).max() > NEGLIGIBLE:
            step = step / 2
        found = found - step
        if np.abs(step).max() < NEGLIGIBLE:
            break
    return found


def _design(features: np.ndarray) -> np.ndarray:
    return np.column_stack([np.ones(len(features)), features])


def binary_model(learner: Learner, seed: int):
    """A scikit-learn classifier: a logistic regression, slightly shrunk so that separation stays finite, or trees."""
    if learner == "boosting":
        from sklearn.ensemble import HistGradientBoostingClassifier

        return HistGradientBoostingClassifier(max_iter=TREES, max_leaf_nodes=LEAVES, min_samples_leaf=SMALLEST_LEAF,
                                              early_stopping=False, random_state=seed)
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(solver="newton-cholesky", max_iter=100, tol=1e-8)


def value_model(learner: Learner, seed: int):
    """The same for an outcome in any unit: least squares, or trees."""
    if learner == "boosting":
        from sklearn.ensemble import HistGradientBoostingRegressor

        return HistGradientBoostingRegressor(max_iter=TREES, max_leaf_nodes=LEAVES, min_samples_leaf=SMALLEST_LEAF,
                                             early_stopping=False, random_state=seed)
    from sklearn.linear_model import LinearRegression

    return LinearRegression()
