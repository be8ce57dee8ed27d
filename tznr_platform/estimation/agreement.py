"""Agreement of coders on an ordered scale: weighted kappa, Krippendorff's alpha, and the gate of double coding.

Here: two coefficients and their bootstrap over units. Not here: levels of participation, which are counted and never
averaged (``mart_participation``), the reliability of questionnaires (``scales``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from tznr_platform import french
from tznr_platform.errors import UserError
from tznr_platform.estimation.design import load_design
from tznr_platform.estimation.interval_chart import interval_chart
from tznr_platform.estimation.verdict import NotEstimable, require_numbers

if TYPE_CHECKING:
    import altair as alt

Metric = Literal["nominal", "ordinal", "interval", "ratio"]
Weights = Literal["linear", "quadratic"]
Interval = tuple[float, float]
SMALLEST_KAPPA, DRAWS, SEED = 0.6, 2000, 20260701


@dataclass(frozen=True)
class Agreement:
    """Agreement over ``unit_count`` units coded at least twice; intervals at 95 % by resampling of units.

    ``kappa`` is None with more than two coders: Krippendorff's alpha takes any number and empty codes.
    """

    subject: str
    unit_count: int
    coder_count: int
    kappa: float | None
    kappa_interval: Interval | None
    alpha: float
    alpha_interval: Interval
    design_sha256: str

    @property
    def passes(self) -> bool:
        """The gate of methods 4.6: weighted kappa of at least 0.6 (alpha where there are more than two coders)."""
        return (self.alpha if self.kappa is None else self.kappa) >= SMALLEST_KAPPA

    def to_frame(self) -> pd.DataFrame:
        """One row a coefficient."""
        rows = [("alpha de Krippendorff", self.alpha, *self.alpha_interval)]
        if self.kappa is not None:
            rows.insert(0, ("kappa pondéré", self.kappa, *self.kappa_interval))
        frame = pd.DataFrame(rows, columns=["coefficient", "value", "low", "high"])
        return frame.assign(subject=self.subject, unit_count=self.unit_count, coder_count=self.coder_count,
                            passes=self.passes, design_sha256=self.design_sha256)

    def plot(self) -> alt.Chart:
        """Both coefficients and their intervals, against the gate."""
        return interval_chart(self.to_frame(), label="coefficient", value="value", low="low", high="high",
                              title=f"{self.subject} : accord des codeurs", axis="Accord", nothing=SMALLEST_KAPPA)

    def explain(self) -> str:
        """The verdict of the gate, in French."""
        verdict = "suffisant" if self.passes else "insuffisant : le codage doit être repris avant d'être compté"
        said = "" if self.kappa is None else f"kappa pondéré {french.number(self.kappa, 2)}, "
        return (f"{self.subject} : accord {verdict} ({said}alpha de Krippendorff {french.number(self.alpha, 2)} ; "
                f"{french.count(self.unit_count, 'unité codée deux fois', 'unités codées deux fois')}).")


@threadpool_limits.wrap(limits=1)
def agreement(codes: pd.DataFrame, subject: str, levels: Sequence[int], *, weights: Weights = "quadratic",
              draws: int = DRAWS, seed: int = SEED) -> Agreement | NotEstimable:
    """Agreement on ordered ``levels``: one row a unit, one column a coder, empty where a coder did not code.

    ``UserError`` for a code that is not a level or unknown weights. Not estimable: fewer than two coders or units coded
    twice, or a single level in use.
    """
    _require_known(weights, ("linear", "quadratic"), subject)
    ranks = _ranks(codes, levels, subject)
    counted = np.stack([(ranks == rank).sum(axis=1) for rank in range(len(levels))], axis=1).astype(float)
    counted = counted[counted.sum(axis=1) >= 2]
    if ranks.shape[1] < 2 or len(counted) < 2:
        return NotEstimable(subject, "il faut au moins deux codeurs et deux unités codées deux fois.")
    drawn = np.random.default_rng(seed).multinomial(len(counted), np.full(len(counted), 1 / len(counted)), draws)
    drawn = np.vstack([np.ones(len(counted)), drawn])
    alphas = _alpha(np.tensordot(drawn, _coincidences(counted), axes=1), "ordinal")
    kappas = None
    if ranks.shape[1] == 2:
        both = ranks[(ranks >= 0).all(axis=1)]
        tables = np.zeros((len(both), len(levels), len(levels)))
        tables[np.arange(len(both)), both[:, 0], both[:, 1]] = 1
        kappas = _kappa(np.tensordot(drawn, tables, axes=1), weights)
    if not np.isfinite(alphas[0]) or (kappas is not None and not np.isfinite(kappas[0])):
        return NotEstimable(subject, "un seul niveau a été utilisé : l'accord attendu au hasard est total.")
    return Agreement(subject, len(counted), ranks.shape[1], None if kappas is None else float(kappas[0]),
                     None if kappas is None else _percentiles(kappas[1:]), float(alphas[0]), _percentiles(alphas[1:]),
                     load_design().sha256)


def weighted_kappa(table: np.ndarray, weights: Weights = "quadratic") -> float:
    """Cohen's weighted kappa (1968) of a square table of counts (K x K), 1 - observed over expected disagreement.

    NaN where a single level is in use. ``UserError`` for a table that is not square or not of counts.
    """
    _require_known(weights, ("linear", "quadratic"), "kappa pondéré")
    counts = np.asarray(table, dtype=float)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or not (counts >= 0).all():
        raise UserError("Table de codage impossible.", where="kappa pondéré",
                        why="elle a autant de lignes que de colonnes, et des effectifs positifs ou nuls",
                        remedy="croiser les codes des deux codeurs")
    return float(_kappa(counts[None], weights)[0])


def krippendorff_alpha(codes: pd.DataFrame, metric: Metric = "ordinal") -> float:
    """Krippendorff's alpha (2011) of units x coders, empty codes allowed; NaN where less than two values are in use."""
    _require_known(metric, ("nominal", "ordinal", "interval", "ratio"), "alpha de Krippendorff")
    require_numbers(codes, tuple(codes.columns), "alpha de Krippendorff")
    values = codes.to_numpy(dtype=float, na_value=np.nan)
    used = np.unique(values[~np.isnan(values)])
    if len(used) < 2:
        return float("nan")
    counted = np.stack([(values == value).sum(axis=1) for value in used], axis=1).astype(float)
    counted = counted[counted.sum(axis=1) >= 2]
    return float(_alpha(_coincidences(counted).sum(axis=0)[None], metric, used)[0])


def _require_known(choice: str, known: tuple[str, ...], where: str) -> None:
    if choice not in known:
        raise UserError(f"Choix inconnu : {choice}.", where=where, why="le coefficient change avec ce choix",
                        remedy=f"choisir parmi {', '.join(known)}")


def _ranks(codes: pd.DataFrame, levels: Sequence[int], subject: str) -> np.ndarray:
    """Ranks of the codes among ``levels`` (units x coders), -1 where empty."""
    require_numbers(codes, tuple(codes.columns), subject)
    values = codes.to_numpy(dtype=float, na_value=np.nan)
    if len(set(levels)) < len(levels):
        raise UserError("Un niveau est écrit deux fois.", where=subject, why="un code aurait deux rangs",
                        remedy="corriger l'échelle")
    ranks = pd.Index([float(level) for level in levels]).get_indexer(values.ravel()).reshape(values.shape)
    if ((ranks < 0) & ~np.isnan(values)).any():
        raise UserError("Un code n'est pas un niveau de l'échelle.", where=subject,
                        why=f"niveaux : {', '.join(map(str, levels))}", remedy="corriger le codage ou l'échelle")
    return ranks


def _coincidences(counted: np.ndarray) -> np.ndarray:
    """Pairs of codes within each unit over its number of codes less one (units x K x K)."""
    pairs = counted[:, :, None] * counted[:, None, :] - counted[:, :, None] * np.eye(counted.shape[1])
    return pairs / (counted.sum(axis=1) - 1)[:, None, None]


def _alpha(coincidences: np.ndarray, metric: Metric, values: np.ndarray | None = None) -> np.ndarray:
    margins = coincidences.sum(axis=2)
    total, k = margins.sum(axis=1), margins.shape[1]
    if metric == "ordinal":
        middle = margins.cumsum(axis=1) - margins / 2
        distance = (middle[:, :, None] - middle[:, None, :]) ** 2
    else:
        scale = np.arange(k) if values is None else values
        gaps, sums = (scale[:, None] - scale).astype(float), scale[:, None] + scale
        if metric == "ratio":
            gaps = np.divide(gaps, sums, out=np.zeros_like(gaps), where=sums != 0)
        distance = np.broadcast_to((1 - np.eye(k)) if metric == "nominal" else gaps**2, (1, k, k))
    observed = (coincidences * distance).sum(axis=(1, 2))
    expected = (margins[:, :, None] * margins[:, None, :] * distance).sum(axis=(1, 2))
    ratio = np.divide(observed, expected, out=np.full(len(total), np.nan), where=expected > 0)
    return 1 - (total - 1) * ratio


def _kappa(tables: np.ndarray, weights: Weights) -> np.ndarray:
    rank = np.arange(tables.shape[1])
    distance = np.abs(rank[:, None] - rank) ** (1 if weights == "linear" else 2)
    total = tables.sum(axis=(1, 2))
    expected = (tables.sum(axis=2)[:, :, None] * tables.sum(axis=1)[:, None, :] * distance).sum(axis=(1, 2))
    observed = (tables * distance).sum(axis=(1, 2)) * total
    return 1 - np.divide(observed, expected, out=np.full(len(total), np.nan), where=expected > 0)


def _percentiles(drawn: np.ndarray) -> Interval:
    low, high = np.nanpercentile(drawn, [2.5, 97.5])
    return float(low), float(high)
