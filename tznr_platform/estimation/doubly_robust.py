"""Effect of a binary treatment on one outcome, doubly robust and cross-fitted: right if either model is.

Here: independent units or units in clusters, observed once (Robins, Rotnitzky and Zhao 1994; Chernozhukov et al. 2018,
Econometrics Journal 21-1). Not here: the textbook estimators (``adjustment``), panels (``trials``, ``group_time``), the
models (``nuisance``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from tznr_platform.errors import UserError
from tznr_platform.estimation.adjustment import Target
from tznr_platform.estimation.design import load_design
from tznr_platform.estimation.interval import student_interval
from tznr_platform.estimation.nuisance import Learner, binary_model, folds_of, one_thread, require_learner, value_model
from tznr_platform.estimation.verdict import NotEstimable, require_columns, require_numbers
from tznr_platform.french import number

SUBJECT, LARGEST = "effet doublement robuste", 0.999


@dataclass(frozen=True)
class DoublyRobust:
    """Mean effect on the treated or on all; error by jackknife over ``cluster_count`` clusters.

    A unit without a cluster is its own. ``effective_controls``: Kish's size of the weighted controls.
    """

    target: Target
    estimate: float
    standard_error: float
    treated_count: int
    control_count: int
    effective_controls: float
    cluster_count: int
    design_sha256: str

    @property
    def low(self) -> float:
        return student_interval(self.estimate, self.standard_error, self.cluster_count)[0]

    @property
    def high(self) -> float:
        return student_interval(self.estimate, self.standard_error, self.cluster_count)[1]

    def to_frame(self) -> pd.DataFrame:
        return pd.DataFrame([{**vars(self), "low": self.low, "high": self.high}])

    def plot(self):
        """Estimate and interval."""
        from tznr_platform.estimation.interval_chart import interval_chart

        return interval_chart(self.to_frame(), label="target", value="estimate", low="low", high="high", axis="Effet",
                              title="Effet ajusté, doublement robuste")

    def explain(self) -> str:
        """One French sentence for the reader."""
        return (f"Effet moyen de {number(self.estimate, 3)}, intervalle à 95 % de {number(self.low, 3)} à "
                f"{number(self.high, 3)}, à covariables égales ; il suffit que l'un des deux modèles soit juste.")


def doubly_robust_effect(frame: pd.DataFrame, outcome: str, treatment: str, covariates: tuple[str, ...], *,
                         target: Target = "treated", clusters: str | None = None, learner: Learner = "logistic",
                         folds: int | None = None, seed: int | None = None) -> DoublyRobust | NotEstimable:
    """Augmented inverse-probability weighting with normalised weights; folds and seed are the design's unless given.

    ``frame``: a row a unit; ``treatment`` 0 or 1; a hole anywhere is not estimable, never filled. Columns are read as
    float64 whatever their type; chances are cut at 0.001 and 0.999. ``UserError``: missing column, unknown target.
    """
    names = (outcome, treatment, *covariates)
    require_columns(frame, (*names, *([clusters] if clusters else [])), SUBJECT)
    require_numbers(frame, names, SUBJECT)
    require_learner(learner)
    if folds is not None and folds < 2:
        raise UserError("Découpage impossible.", where=SUBJECT, why="on prédit ce qu'on n'a pas servi à apprendre",
                        remedy="demander au moins deux parties")
    if target not in ("treated", "all"):
        raise UserError(f"Cible inconnue : {target}.", where=SUBJECT, why="seules existent treated et all",
                        remedy="choisir l'une d'elles")
    values = frame[list(names)].astype(np.float64).to_numpy()
    group = np.unique(frame[clusters], return_inverse=True)[1] if clusters else np.arange(len(frame))
    if clusters and frame[clusters].isna().any():
        return NotEstimable(SUBJECT, "une grappe manque")
    if reason := _refusal_reason(values, group):
        return NotEstimable(SUBJECT, reason)
    inference = load_design().inference
    seed = inference.seed if seed is None else seed
    fold = folds_of(group, inference.folds if folds is None else folds, seed)
    with one_thread():
        units = _crossed(values, fold, learner, seed)
    if units is None:
        return NotEstimable(SUBJECT, "une partie de l'échantillon n'a qu'un des deux groupes")
    if units.propensity[units.treated == 1].min() > units.propensity[units.treated == 0].max():
        return NotEstimable(SUBJECT, "les covariables séparent les deux groupes : il n'y a pas de recouvrement")
    return _result(units, group, target)


@dataclass(frozen=True, eq=False)
class _Units:
    """Arrays of n: outcome, treatment; learnt on the other folds: its chance, the outcome without it and with it."""

    outcome: np.ndarray
    treated: np.ndarray
    propensity: np.ndarray
    without: np.ndarray
    given: np.ndarray


def _refusal_reason(values: np.ndarray, group: np.ndarray) -> str:
    if not len(values):
        return "aucune unité"
    if not np.isfinite(values).all():
        return "une valeur manque : une valeur absente n'est jamais remplacée"
    if not np.isin(values[:, 1], (0, 1)).all():
        return "le traitement n'est pas 0 ou 1"
    if not 0 < values[:, 1].mean() < 1:
        return "il manque des unités traitées ou des unités de comparaison"
    if (values[:, 0] == values[0, 0]).all():
        return "le résultat a partout la même valeur"
    return "une seule grappe porte toute l'information" if group.max() < 1 else ""


def _standard(covariates: np.ndarray) -> np.ndarray:
    spread = covariates.std(axis=0)
    return (covariates - covariates.mean(axis=0)) / np.where(spread > 0, spread, 1)


def _crossed(values: np.ndarray, fold: np.ndarray, learner: Learner, seed: int) -> _Units | None:
    """Predictions from the other folds; None when one of these has one side only."""
    y, treated = values[:, 0], values[:, 1]
    features = _standard(values[:, 2:]) if values.shape[1] > 2 else np.zeros((len(y), 1))
    units = _Units(y, treated, *(np.empty(len(y)) for _ in range(3)))
    for part in range(int(fold.max()) + 1):
        inside, others = fold == part, fold != part
        if not 0 < treated[others].mean() < 1:
            return None
        chance = binary_model(learner, seed).fit(features[others], treated[others])
        units.propensity[inside] = np.clip(chance.predict_proba(features[inside])[:, 1], 1 - LARGEST, LARGEST)
        for side, found in ((0, units.without), (1, units.given)):
            learnt = others & (treated == side)
            found[inside] = value_model(learner, seed).fit(features[learnt], y[learnt]).predict(features[inside])
    return units


def _result(units: _Units, group: np.ndarray, target: Target) -> DoublyRobust:
    y, treated, control, chance = units.outcome, units.treated, 1 - units.treated, units.propensity
    none = np.zeros(len(y))
    if target == "treated":
        weights = control * chance / (1 - chance)
        parts = [treated * (y - units.without), treated, weights * (y - units.without), weights, none, none]
    else:
        weights, ones = control / (1 - chance), treated / chance
        parts = [units.given - units.without, none + 1, weights * (y - units.without), weights,
                 ones * (y - units.given), ones]
    sums = np.stack([np.bincount(group, column) for column in parts])
    total, count = sums.sum(axis=1, keepdims=True), sums.shape[1]
    estimate, left_out = _ratio(total)[0], _ratio(total - sums)
    error = float(np.sqrt((count - 1) / count * ((left_out - estimate) ** 2).sum()))
    return DoublyRobust(target, float(estimate), error, int(treated.sum()), int(control.sum()),
                        float(weights.sum() ** 2 / (weights**2).sum()), count, load_design().sha256)


def _ratio(sums: np.ndarray) -> np.ndarray:
    """Mean of the first sums less the weighted rest of the controls, plus that of the treated (6 x k to k)."""
    first, second = sums[0] / sums[1], sums[2] / sums[3]
    third = np.divide(sums[4], sums[5], out=np.zeros_like(first), where=sums[5] > 0)
    return first - second + third
