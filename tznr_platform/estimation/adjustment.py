"""Effect of a binary treatment on one outcome: difference, regression, weighting, matching.

Here: the textbook estimators on independent units, and the propensity they share. Everything is computed in float64
whatever comes in: int8 columns overflow silently when squared. Not here: clustered units (``clusters``), panels
(``group_time``, ``trials``). Sources: White (1980), MacKinnon and White (1985), Hirano, Imbens and Ridder (2003),
Rosenbaum and Rubin (1983).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from tznr_platform.errors import UserError
from tznr_platform.estimation.two_period import NoOverlapError, propensity_scores
from tznr_platform.estimation.verdict import NotEstimable, require_columns, require_numbers
from tznr_platform.french import number

Error = Literal["classical", "HC0", "HC1", "HC2", "HC3"]
Target = Literal["all", "treated"]


@dataclass(frozen=True)
class Adjusted:
    """An effect, its standard error where the method gives one, and the units used on both sides."""

    estimate: float
    standard_error: float | None
    treated_count: int
    control_count: int

    def to_frame(self) -> pd.DataFrame:
        return pd.DataFrame([vars(self)])

    def explain(self) -> str:
        """One French sentence for the reader."""
        error = "" if self.standard_error is None else f" (erreur type {number(self.standard_error, 3)})"
        return (f"Effet ajusté : {number(self.estimate, 3)}{error}, entre {self.treated_count} unités traitées et "
                f"{self.control_count} unités de comparaison.")


@dataclass(frozen=True, eq=False)
class Matched:
    """1:1 matching: the effect on the treated, and standardised mean differences after it, by covariate."""

    estimate: float
    pair_count: int
    mean_propensity_treated: float
    mean_propensity_before: float
    mean_propensity_matched: float
    differences: dict[str, float]

    def to_frame(self) -> pd.DataFrame:
        """One row a covariate: its standardised difference after matching, and the effect."""
        return pd.DataFrame({"covariate": list(self.differences), "smd_after": list(self.differences.values()),
                             "estimate": self.estimate, "pair_count": self.pair_count})

    def explain(self) -> str:
        """One French sentence for the reader."""
        return (f"Effet sur les unités traitées, par appariement : {number(self.estimate, 3)} "
                f"({self.pair_count} paires).")


def regression_adjusted(frame: pd.DataFrame, outcome: str, treatment: str, covariates: tuple[str, ...] = (), *,
                        error: Error = "HC3") -> Adjusted | NotEstimable:
    """Least squares of the outcome on the treatment and the covariates; without covariates, the difference of means."""
    y, treated, design = _arrays(frame, outcome, treatment, covariates)
    if reason := _refused(y, treated, design):
        return NotEstimable("effet ajusté", reason)
    columns = np.column_stack([design[:, :1], treated, design[:, 1:]])
    if np.linalg.matrix_rank(columns) < columns.shape[1] or len(y) <= columns.shape[1]:
        return NotEstimable("effet ajusté", "les covariables sont colinéaires ou trop nombreuses")
    bread = np.linalg.inv(columns.T @ columns)
    coefficients = bread @ columns.T @ y
    rest = y - columns @ coefficients
    leverage = np.einsum("ij,jk,ik->i", columns, bread, columns)
    spread = _spread(error, rest, leverage, columns.shape[1])
    variance = (bread @ (columns.T * spread) @ columns @ bread)[1, 1]
    return Adjusted(float(coefficients[1]), float(np.sqrt(variance)), int(treated.sum()), int((1 - treated).sum()))


def weighted(frame: pd.DataFrame, outcome: str, treatment: str, covariates: tuple[str, ...], *, normalised: bool = True,
             trim: tuple[float, float] = (0.0, 1.0), target: Target = "all") -> Adjusted | NotEstimable:
    """Average effect by inverse probability; units whose propensity lies outside ``trim`` are left out.

    ``target``: all units, or the ``treated``, the others weighing as their odds of being treated.
    """
    if target not in get_args(Target):
        raise UserError(f"Cible inconnue : {target}.", where="effet pondéré", why="seules existent all et treated",
                        remedy="choisir l'une d'elles")
    y, treated, design = _arrays(frame, outcome, treatment, covariates)
    if reason := _refused(y, treated, design):
        return NotEstimable("effet pondéré", reason)
    try:
        propensity = propensity_scores(treated, design)
    except NoOverlapError as none:
        return NotEstimable("effet pondéré", str(none))
    kept = (propensity >= trim[0]) & (propensity <= trim[1])
    if reason := _sides(treated[kept]):
        return NotEstimable("effet pondéré", reason)
    y, treated, propensity = y[kept], treated[kept], propensity[kept]
    share = np.ones(len(y)) if target == "all" else propensity
    ones, zeros = share * treated / propensity, share * (1 - treated) / (1 - propensity)
    size = len(y) if target == "all" else treated.sum()
    sizes = (ones.sum(), zeros.sum()) if normalised else (size, size)
    estimate = (ones @ y) / sizes[0] - (zeros @ y) / sizes[1]
    return Adjusted(float(estimate), None, int(treated.sum()), int((1 - treated).sum()))


def matched(frame: pd.DataFrame, outcome: str, treatment: str, covariates: tuple[str, ...]) -> Matched | NotEstimable:
    """Nearest neighbour on the propensity, 1:1 without replacement, largest propensity first (MatchIt's order)."""
    y, treated, design = _arrays(frame, outcome, treatment, covariates)
    if reason := _refused(y, treated, design):
        return NotEstimable("effet apparié", reason)
    try:
        propensity = propensity_scores(treated, design)
    except NoOverlapError as none:
        return NotEstimable("effet apparié", str(none))
    chosen, controls = np.flatnonzero(treated == 1), np.flatnonzero(treated == 0)
    if len(controls) < len(chosen):
        return NotEstimable("effet apparié", "il y a moins d'unités de comparaison que d'unités traitées")
    free, pairs = np.ones(len(controls), bool), []
    for unit in chosen[np.argsort(-propensity[chosen], kind="stable")]:
        distance = np.where(free, np.abs(propensity[controls] - propensity[unit]), np.inf)
        free[nearest := int(distance.argmin())] = False
        pairs.append((unit, controls[nearest]))
    left, right = np.array(pairs).T
    deviation = design[chosen].std(axis=0, ddof=1)
    gaps = (design[left].mean(axis=0) - design[right].mean(axis=0)) / np.where(deviation > 0, deviation, 1)
    return Matched(float((y[left] - y[right]).mean()), len(pairs), float(propensity[chosen].mean()),
                   float(propensity[controls].mean()), float(propensity[right].mean()),
                   dict(zip(covariates, gaps[1:].tolist(), strict=True)))


def _spread(error: Error, rest: np.ndarray, leverage: np.ndarray, columns: int) -> np.ndarray:
    """Squared residual that stands for the variance of each unit."""
    freedom = len(rest) - columns
    spreads = {"classical": np.full(len(rest), rest @ rest / freedom), "HC0": rest**2,
               "HC1": rest**2 * len(rest) / freedom, "HC2": rest**2 / (1 - leverage),
               "HC3": rest**2 / (1 - leverage) ** 2}
    if error not in spreads:
        raise UserError(f"Erreur type inconnue : {error}.", where="effet ajusté",
                        why="seules existent : " + ", ".join(spreads), remedy="choisir l'une d'elles")
    return spreads[error]


def _arrays(frame: pd.DataFrame, outcome: str, treatment: str,
            covariates: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Outcome, treatment and design with its constant, in float64; ``UserError`` for words or another treatment."""
    require_columns(frame, (outcome, treatment, *covariates), "effet ajusté")
    require_numbers(frame, (outcome, treatment, *covariates), "effet ajusté")
    values = frame[[outcome, treatment, *covariates]].astype(np.float64).to_numpy()
    if not (np.isin(values[:, 1], (0, 1)) | np.isnan(values[:, 1])).all():
        raise UserError("Les données ne permettent pas l'ajustement.", where="effet ajusté",
                        why="le traitement n'est pas 0 ou 1", remedy="préparer la table")
    return values[:, 0], values[:, 1], np.column_stack([np.ones(len(values)), values[:, 2:]])


def _refused(y: np.ndarray, treated: np.ndarray, design: np.ndarray) -> str:
    """Why these rows carry no effect, in French; empty when they may."""
    if not (np.isfinite(y).all() and np.isfinite(treated).all() and np.isfinite(design).all()):
        return "une valeur manque : une valeur absente n'est jamais remplacée"
    return _sides(treated) or ("le résultat a partout la même valeur" if (y == y[0]).all() else "")


def _sides(treated: np.ndarray) -> str:
    return "" if 0 < treated.sum() < len(treated) else "il manque des unités traitées ou des unités de comparaison"
