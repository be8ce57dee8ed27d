"""Longitudinal invariance: may the scores of two waves be compared at all?

Here: one factor a wave, fitted by maximum likelihood on means and covariances (which DuckDB can compute), with equal
loadings, then equal intercepts. Not here: one wave (``one_factor``), the change itself (``change``), which asks for the
verdict of this module. Ordered answers are treated as numbers, which is usual from five levels on and rougher below.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from tznr_platform import french
from tznr_platform.errors import UserError
from tznr_platform.estimation.design import load_design
from tznr_platform.estimation.one_factor import FEWEST_ITEMS
from tznr_platform.estimation.verdict import NotEstimable, require_columns, require_numbers

if TYPE_CHECKING:
    import altair as alt

LARGEST_CFI_LOSS = 0.01
SMALLEST_CFI = 0.90
FEWEST_RESPONDENTS = 100
ROUNDING = 1e-9
FEW = "il faut au moins deux vagues et trois items."
STEPS = {"configural": "mêmes items", "metric": "mêmes saturations", "scalar": "mêmes saturations et mêmes niveaux"}


@dataclass(frozen=True)
class Fit:
    """Fit of one model: ``chi_square`` = N times the likelihood discrepancy, CFI against independent items, RMSEA."""

    step_code: str
    chi_square: float
    degrees: int
    cfi: float
    rmsea: float


@dataclass(frozen=True)
class Invariance:
    """Three nested models, and the mean of the factor at each later wave, in standard deviations of the first.

    ``latent_change`` is read from the scalar model and means something only where ``allows_means``.
    """

    scale_code: str
    waves: tuple[str, ...]
    respondent_count: int
    fits: tuple[Fit, ...]
    latent_change: tuple[float, ...]
    design_sha256: str

    @property
    def reached(self) -> str | None:
        """The last step that holds: a CFI of at least 0.90 for the first, then a loss of at most 0.01 at each step."""
        if self.fits[0].cfi < SMALLEST_CFI:
            return None
        held = "configural"
        for before, after in zip(self.fits, self.fits[1:], strict=False):
            if before.cfi - after.cfi > LARGEST_CFI_LOSS + ROUNDING:
                break
            held = after.step_code
        return held

    @property
    def allows_means(self) -> bool:
        """Whether means of the waves may be compared (scalar invariance); otherwise items only."""
        return self.reached == "scalar"

    def to_frame(self) -> pd.DataFrame:
        """One row a model; ``cfi_loss`` against the model before, zero for the first."""
        frame = pd.DataFrame([vars(fit) for fit in self.fits])
        loss = -frame["cfi"].diff().fillna(0)
        return frame.assign(cfi_loss=loss, scale_code=self.scale_code, waves=" / ".join(self.waves),
                            respondent_count=self.respondent_count, reached_code=self.reached or "none",
                            design_sha256=self.design_sha256)

    def plot(self) -> alt.Chart:
        """CFI of the three models."""
        import altair as alt

        drawn = self.to_frame().assign(step=lambda rows: rows["step_code"].map(STEPS))
        return alt.Chart(drawn).mark_bar().encode(
            x=alt.X("cfi:Q", title="CFI", scale=alt.Scale(domain=[0, 1])), y=alt.Y("step:N", title=None, sort=None)
        ).properties(width=420, title=f"{self.scale_code} : comparabilité des vagues")

    def explain(self) -> str:
        """The verdict, in French."""
        persons = french.count(self.respondent_count, "répondant")
        start = f"{self.scale_code}, vagues {' et '.join(self.waves)} ({persons})"
        if self.allows_means:
            return f"{start} : les niveaux sont comparables d'une vague à l'autre ; l'évolution du score peut être lue."
        reached = STEPS.get(self.reached or "", "le modèle à un facteur ne convient pas")
        return f"{start} : les niveaux ne sont pas comparables (acquis : {reached}) ; résultats par item seulement."


@threadpool_limits.wrap(limits=1)
def invariance_from_moments(scale_code: str, waves: Sequence[str], *, means: np.ndarray, covariance: np.ndarray,
                            respondent_count: int) -> Invariance | NotEstimable:
    """Configural, metric and scalar models of W waves x p items answered by the same persons.

    ``means`` (W x p); ``covariance`` (Wp x Wp, divisor N - 1), the items of a wave together. Uniquenesses of an item
    are correlated between waves. Source: Meredith (1993); Cheung and Rensvold (2002) for the CFI. Not estimable:
    fewer than two waves, three items or 100 respondents (Boomsma 1985: below, fit says nothing), an item that does not
    vary. ``UserError``: other shapes.
    """
    means, covariance = np.asarray(means, dtype=float), np.asarray(covariance, dtype=float)
    if means.ndim != 2 or len(means) != len(waves) or covariance.shape != (means.size, means.size):
        raise UserError("Les moyennes et les covariances ne se correspondent pas.", where=scale_code,
                        why=f"{len(waves)} vagues attendues", remedy="ranger ensemble les items d'une vague")
    count, size = means.shape
    reason = _refusal_reason(covariance, means, respondent_count, count, size)
    if reason:
        return NotEstimable(scale_code, reason)
    scale = np.tile(np.sqrt(np.diag(covariance).reshape(count, size).mean(axis=0)), count)
    covariance = covariance / np.outer(scale, scale) * (respondent_count - 1) / respondent_count
    data = _Moments(means.ravel() / scale, covariance, respondent_count, count, size)
    fits, latent = [], np.zeros(count)
    for step, title in STEPS.items():
        fitted = _fitted(data, step)
        if fitted is None:
            return NotEstimable(scale_code, f"le modèle « {title} » ne converge pas.")
        fits.append(fitted[0])
        latent = fitted[1]
    return Invariance(scale_code, tuple(waves), respondent_count, tuple(fits), tuple(map(float, latent[1:])),
                      load_design().sha256)


def invariance_from_items(scale_code: str, waves: Mapping[str, pd.DataFrame], items: Sequence[str], *,
                          reversed_items: Collection[str] = ()) -> Invariance | NotEstimable:
    """The same from one frame of answers a wave, a person keeping its index; complete respondents only."""
    for wave, answers in waves.items():
        require_columns(answers, tuple(items), f"{scale_code}, {wave}")
        require_numbers(answers, tuple(items), f"{scale_code}, {wave}")
        if answers.index.has_duplicates:
            raise UserError("Une personne a répondu deux fois à la même vague.", where=f"{scale_code}, {wave}",
                            why="on ne sait laquelle comparer à l'autre vague", remedy="garder une réponse")
    if len(waves) < 2:
        return NotEstimable(scale_code, FEW)
    joined = pd.concat({wave: answers[list(items)].astype("float64") for wave, answers in waves.items()}, axis=1)
    joined = joined.dropna()
    sign = np.tile(np.where([item in reversed_items for item in items], -1.0, 1.0), len(waves))
    values = joined.to_numpy() * sign
    if len(values) < 2:
        return NotEstimable(scale_code, "moins de deux personnes ont répondu à toutes les vagues.")
    if not np.isfinite(values).all():
        return NotEstimable(scale_code, "une réponse est infinie.")
    means = values.mean(axis=0).reshape(len(waves), -1)
    return invariance_from_moments(scale_code, tuple(waves), means=means, covariance=np.cov(values, rowvar=False),
                                   respondent_count=len(values))


@dataclass(frozen=True, eq=False)
class _Moments:
    means: np.ndarray
    covariance: np.ndarray
    count: int
    waves: int
    items: int


def _refusal_reason(covariance: np.ndarray, means: np.ndarray, count: int, waves: int, items: int) -> str | None:
    if waves < 2 or items < FEWEST_ITEMS:
        return FEW
    if count < max(FEWEST_RESPONDENTS, waves * items + 1):
        return f"moins de {FEWEST_RESPONDENTS} personnes ont répondu à toutes les vagues."
    if not (np.isfinite(covariance).all() and np.isfinite(means).all()):
        return "deux items n'ont pas de répondants en commun."
    if (np.diag(covariance) <= 0).any():
        return "un item a toujours la même réponse."
    if np.linalg.eigvalsh(covariance)[0] <= 1e-10 * np.trace(covariance):
        return "des items se déduisent les uns des autres."
    return None


class _Model:
    """Parameters of one step as one vector: loadings, unique variances (log) and covariances, factors, intercepts."""

    def __init__(self, data: _Moments, step: str) -> None:
        waves, items = data.waves, data.items
        self.data, self.equal, self.has_means = data, step != "configural", step == "scalar"
        self.wave = np.repeat(np.arange(waves), items)
        self.pairs = [(a, b) for a in range(waves) for b in range(a)]
        sizes = {"loading": items if self.equal else waves * items, "rest": waves * items,
                 "shared": items * len(self.pairs), "spread": waves - 1 if self.equal else 0, "factor": len(self.pairs),
                 "level": items if self.has_means else 0, "mean": waves - 1 if self.has_means else 0}
        ends = np.cumsum(list(sizes.values()))
        self.part = {name: slice(end - size, end) for (name, size), end in zip(sizes.items(), ends, strict=True)}
        self.size = int(ends[-1])

    def start(self) -> np.ndarray:
        x = np.zeros(self.size)
        x[self.part["loading"]], x[self.part["rest"]], x[self.part["factor"]] = 0.7, np.log(0.5), 0.5
        x[self.part["shared"]] = 0.05
        if self.has_means:
            x[self.part["level"]] = self.data.means[:self.data.items]
        return x

    def matrices(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Loadings (Wp x W), covariance of the factors (W x W), unique covariances (Wp x Wp)."""
        waves, items = self.data.waves, self.data.items
        loading = np.zeros((waves * items, waves))
        flat = x[self.part["loading"]]
        loading[np.arange(waves * items), self.wave] = np.tile(flat, waves) if self.equal else flat
        factor = np.eye(waves)
        factor[range(1, waves), range(1, waves)] = np.exp(x[self.part["spread"]]) if self.equal else 1.0
        rest = np.diag(np.exp(x[self.part["rest"]]))
        for rank, (a, b) in enumerate(self.pairs):
            factor[a, b] = factor[b, a] = x[self.part["factor"]][rank]
            rows, columns = self._cross(a, b)
            rest[rows, columns] = rest[columns, rows] = x[self.part["shared"]][rank * items:(rank + 1) * items]
        return loading, factor, rest

    def _cross(self, a: int, b: int) -> tuple[np.ndarray, np.ndarray]:
        own = np.arange(self.data.items)
        return a * self.data.items + own, b * self.data.items + own

    def discrepancy(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """Likelihood discrepancy from the saturated model, and its gradient."""
        loading, factor, rest = self.matrices(x)
        implied = loading @ factor @ loading.T + rest
        try:
            root = np.linalg.cholesky(implied)
        except np.linalg.LinAlgError:
            return 1e6, np.zeros(self.size)
        inverse = np.linalg.inv(implied)
        mean = np.concatenate(([0.0], x[self.part["mean"]]))
        gap = self.data.means - np.tile(x[self.part["level"]], self.data.waves) - loading @ mean if self.has_means \
            else np.zeros(len(implied))
        observed = self.data.covariance + np.outer(gap, gap)
        value = 2 * np.log(np.diag(root)).sum() + np.trace(inverse @ observed) - self._saturated()
        return float(value), self._gradient(x, (loading, factor, mean), inverse - inverse @ observed @ inverse,
                                            -2 * inverse @ gap)

    def _saturated(self) -> float:
        return float(np.linalg.slogdet(self.data.covariance)[1] + len(self.data.covariance))

    def _gradient(self, x: np.ndarray, at: tuple, slope: np.ndarray, shift: np.ndarray) -> np.ndarray:
        loading, factor, mean = at
        waves, items = self.data.waves, self.data.items
        gradient = np.zeros(self.size)
        by_loading = (2 * slope @ loading @ factor + np.outer(shift, mean))[np.arange(waves * items), self.wave]
        gradient[self.part["loading"]] = by_loading.reshape(waves, items).sum(axis=0) if self.equal else by_loading
        gradient[self.part["rest"]] = np.diag(slope) * np.exp(x[self.part["rest"]])
        by_factor = loading.T @ slope @ loading
        gradient[self.part["spread"]] = (np.diag(by_factor)[1:] * np.exp(x[self.part["spread"]])) if self.equal else 0
        gradient[self.part["factor"]] = [2 * by_factor[a, b] for a, b in self.pairs]
        gradient[self.part["shared"]] = np.concatenate([2 * slope[self._cross(a, b)] for a, b in self.pairs])
        if self.has_means:
            gradient[self.part["level"]] = shift.reshape(waves, items).sum(axis=0)
            gradient[self.part["mean"]] = (loading.T @ shift)[1:]
        return gradient


def _fitted(data: _Moments, step: str) -> tuple[Fit, np.ndarray] | None:
    """Fit of one step and the means of the factors, in standard deviations of the first wave."""
    from scipy.optimize import minimize

    model = _Model(data, step)
    found = minimize(model.discrepancy, model.start(), jac=True, method="BFGS", options={"gtol": 1e-6, "maxiter": 2000})
    if not np.isfinite(found.fun) or np.abs(found.jac).max() > 1e-3:
        return None
    size = len(data.covariance)
    moments = size * (size + 1) // 2 + (size if model.has_means else 0)
    chi, degrees = data.count * max(found.fun, 0.0), moments - model.size
    logs = np.log(np.diag(data.covariance)).sum() - np.linalg.slogdet(data.covariance)[1]
    excess, alone = max(chi - degrees, 0.0), data.count * logs - size * (size - 1) / 2
    worst = max(excess, alone)
    cfi = 1 - excess / worst if worst > 0 else 1.0
    fit = Fit(step, chi, degrees, float(cfi), float(np.sqrt(excess / (data.count * degrees))))
    return fit, np.concatenate(([0.0], found.x[model.part["mean"]]))
