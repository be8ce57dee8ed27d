"""Monthly hazard of leaving an entitlement, given covariates: the grouped-time model of retention.

Here: binomial regression of the exits of each month on month dummies and covariates, fitted on counts. Not here: curves
(``retention``, ``rmst``), the continuous-time check (``cox``). With competing exits the hazard of one exit is a rate
among those still open, never a probability of that exit: incidence is the business of ``retention``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from tznr_platform import french
from tznr_platform.errors import UserError
from tznr_platform.estimation.design import load_design
from tznr_platform.estimation.interval_chart import interval_chart
from tznr_platform.estimation.retention import CENSORED, ENTRY, refusal_reason, require_spells
from tznr_platform.estimation.verdict import NotEstimable, require_columns

if TYPE_CHECKING:
    import altair as alt

ITERATIONS, TOLERANCE, LARGEST_STEP, LARGEST_COEFFICIENT = 60, 1e-10, 2.0, 15.0
Link = Literal["cloglog", "logit", "log"]
FROM_SHARE = {"cloglog": lambda share: np.log(-np.log1p(-share)), "logit": lambda share: np.log(share / (1 - share)),
              "log": np.log}
RATIOS = {"cloglog": "rapport de risques", "logit": "rapport de cotes", "log": "rapport de risques"}


@dataclass(frozen=True, eq=False)
class HazardModel:
    """Coefficients (P) on the scale of ``link``, their covariance (P x P), and the hazard at mean covariates by month.

    ``cluster_count``: clusters of the jackknife (CRV3), 0 where the covariance is the model's.
    """

    subject: str
    link: Link
    covariates: tuple[str, ...]
    coefficients: np.ndarray
    covariance: np.ndarray
    months: np.ndarray
    baseline_hazard: np.ndarray
    at_risk_count: np.ndarray
    event_count: np.ndarray
    log_likelihood: float
    person_month_count: int
    cluster_count: int
    design_sha256: str

    @property
    def standard_error(self) -> np.ndarray:
        return np.sqrt(np.diag(self.covariance))

    def to_frame(self) -> pd.DataFrame:
        """One row a covariate: coefficient, ratio and 95 % interval (Student with clusters - 1 degrees), p-value."""
        from scipy.stats import norm, t

        law = t(self.cluster_count - 1) if self.cluster_count else norm
        margin = law.ppf(0.975) * self.standard_error
        return pd.DataFrame({
            "subject": self.subject, "link": self.link, "covariate": self.covariates, "coefficient": self.coefficients,
            "standard_error": self.standard_error, "ratio": np.exp(self.coefficients),
            "ratio_low": np.exp(self.coefficients - margin), "ratio_high": np.exp(self.coefficients + margin),
            "p_value": 2 * law.sf(np.abs(self.coefficients) / self.standard_error),
            "event_count": int(self.event_count.sum()), "cluster_count": self.cluster_count,
            "design_sha256": self.design_sha256})

    def baseline_frame(self) -> pd.DataFrame:
        """One row a month in which somebody left: at risk, exits, hazard at the mean of the covariates."""
        return pd.DataFrame({"subject": self.subject, "duration_months": self.months,
                             "at_risk_count": self.at_risk_count, "event_count": self.event_count,
                             "hazard_share": self.baseline_hazard})

    def plot(self) -> alt.Chart:
        """Ratios and their intervals, against 1."""
        return interval_chart(self.to_frame(), label="covariate", value="ratio", low="ratio_low", high="ratio_high",
                              title=f"{self.subject} : sortie du droit", axis=RATIOS[self.link].capitalize(), nothing=1)

    def explain(self) -> str:
        """What the coefficients say, in French."""
        rows = [f"{name} : {french.number(ratio, 2)} ({french.number(low, 2)} à {french.number(high, 2)})"
                for name, ratio, low, high in self.to_frame()[["covariate", "ratio", "ratio_low", "ratio_high"]]
                .itertuples(index=False)]
        exits = french.count(int(self.event_count.sum()), "sortie")
        return (f"{self.subject} : {RATIOS[self.link]} de sortie chaque mois, entre droits encore ouverts ({exits}) ; "
                f"{' ; '.join(rows)}. Association, non effet.")


@threadpool_limits.wrap(limits=1)
def discrete_hazard(spells: pd.DataFrame, subject: str, covariates: tuple[str, ...], *, exit_code: str | None = None,
                    link: Link = "cloglog", clusters: str | None = None) -> HazardModel | NotEstimable:
    """Hazard of ``exit_code`` (of any exit when None) by month; other exits leave the risk set.

    ``spells``: counted rows as in ``cumulative_incidence``, with covariates (words become dummies against the most
    frequent) and, for late entries or values that change, ``entry_months``: a row is at risk in entry < month <=
    duration. cloglog is Cox's model in grouped time (Prentice and Gloeckler 1978); log is Cox with Breslow's ties
    (``log_likelihood`` without the factorials of Poisson). Months without exit have a hazard of zero and inform nothing
    else. ``clusters``: column of the leave-one-out covariance.
    """
    require_spells(spells, load_design())
    require_columns(spells, (clusters,) if clusters else (), subject)
    if link not in RATIOS:
        raise UserError(f"Lien inconnu : {link}.", where=subject, why="le modèle change avec le lien",
                        remedy=f"choisir parmi {', '.join(RATIOS)}")
    rows = spells[spells["spell_count"] > 0].reset_index(drop=True)
    reason = refusal_reason(spells) or _refusal_reason(rows, covariates, clusters)
    if reason:
        return NotEstimable(subject, reason)
    values = _dummies(rows, covariates)
    left = (rows["exit_code"] != CENSORED) if exit_code is None else rows["exit_code"] == exit_code
    if not left.any():
        return NotEstimable(subject, "aucune sortie n'est observée.")
    cells = _cells(rows, values.to_numpy(), left.to_numpy())
    lived = rows["duration_months"].to_numpy(dtype=float) - (rows[ENTRY].clip(lower=0) if ENTRY in rows else 0)
    try:
        fit = _fit(cells.whole(), link)
        covariance, count = fit.covariance, 0
        if clusters:
            covariance, count = _jackknife(cells, link, rows[clusters].to_numpy(), fit.coefficients)
    except _NoMaximumError as problem:
        return NotEstimable(subject, str(problem))
    return HazardModel(subject, link, tuple(values.columns), fit.coefficients, covariance, fit.months, fit.baseline,
                       fit.at_risk, fit.events, fit.log_likelihood, round(float(cells.count @ lived)), count,
                       load_design().sha256)


class _NoMaximumError(Exception):
    """The likelihood has no maximum or more than one; the message is the French reason."""


@dataclass(frozen=True, eq=False)
class _Counts:
    """Distinct covariates (U x P), months (M), at risk and exits by both (U x M)."""

    values: np.ndarray
    months: np.ndarray
    at_risk: np.ndarray
    events: np.ndarray

    def in_use(self) -> _Counts:
        """Without the covariates of nobody and the months without an exit, which inform nothing."""
        kinds, months = self.at_risk.any(axis=1), self.events.any(axis=0)
        return _Counts(self.values[kinds], self.months[months], self.at_risk[kinds][:, months],
                       self.events[kinds][:, months])


@dataclass(frozen=True, eq=False)
class _Cells:
    """Where each row counts: its covariates (N, among U), first and last month at risk (N, among M), exit, how many."""

    values: np.ndarray
    months: np.ndarray
    kind: np.ndarray
    first: np.ndarray
    beyond: np.ndarray
    left: np.ndarray
    count: np.ndarray

    def counted(self, kept: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """At risk and exits (U x M) of the rows ``kept``."""
        width = len(self.months) + 1
        shape = (len(self.values), width)
        change = np.zeros(shape)
        place = self.kind[kept] * width
        np.add.at(change.ravel(), place + self.first[kept], self.count[kept])
        np.add.at(change.ravel(), place + self.beyond[kept], -self.count[kept])
        gone = kept & self.left
        events = np.bincount(self.kind[gone] * width + self.beyond[gone] - 1, self.count[gone], np.prod(shape))
        return change.cumsum(axis=1)[:, :-1], events.reshape(shape)[:, :-1]

    def whole(self) -> _Counts:
        return _Counts(self.values, self.months, *self.counted(np.ones(len(self.kind), dtype=bool)))


@dataclass(frozen=True, eq=False)
class _Fit:
    coefficients: np.ndarray
    covariance: np.ndarray
    months: np.ndarray
    baseline: np.ndarray
    at_risk: np.ndarray
    events: np.ndarray
    log_likelihood: float


def _refusal_reason(rows: pd.DataFrame, covariates: tuple[str, ...], clusters: str | None) -> str | None:
    if rows.empty:
        return "aucune période de droit n'est ouverte."
    absent = [name for name in covariates if name not in rows]
    if absent or not covariates:
        return f"covariables absentes : {', '.join(absent) or 'aucune demandée'}."
    empty = [name for name in (*covariates, *([clusters] if clusters else [])) if rows[name].isna().any() or (
        pd.api.types.is_float_dtype(rows[name]) and np.isinf(rows[name]).any())]
    if empty:
        return f"valeurs manquantes : {', '.join(empty)}."
    return None


def _dummies(rows: pd.DataFrame, covariates: tuple[str, ...]) -> pd.DataFrame:
    """Numbers as they are in float64; words as dummies, the most frequent being the reference."""
    parts = []
    for name in covariates:
        column = rows[name]
        if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
            parts.append(column.astype("float64"))
            continue
        counted = rows.groupby(column.astype(str))["spell_count"].sum().sort_index()
        parts += [(column.astype(str) == level).astype("float64").rename(f"{name}={level}")
                  for level in counted.index if level != counted.idxmax()]
    return pd.concat(parts, axis=1) if parts else pd.DataFrame(index=rows.index)


def _cells(rows: pd.DataFrame, values: np.ndarray, left: np.ndarray) -> _Cells:
    duration = rows["duration_months"].to_numpy(dtype=float)
    entry = rows[ENTRY].to_numpy(dtype=float) if ENTRY in rows else np.full(len(rows), -1.0)
    kinds, kind = np.unique(values, axis=0, return_inverse=True)
    months = np.unique(duration[left])
    return _Cells(kinds, months, kind.ravel(), np.searchsorted(months, entry, side="right"),
                  np.searchsorted(months, duration, side="right"), left, rows["spell_count"].to_numpy(dtype=float))


def _law(link: Link, linear: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hazard, its derivative, and the variance of one trial (of Poisson for the log link)."""
    if link == "log":
        hazard = np.exp(linear)
        return hazard, hazard, hazard
    if link == "logit":
        hazard = 1 / (1 + np.exp(-linear))
        return hazard, hazard * (1 - hazard), hazard * (1 - hazard)
    hazard = np.maximum(-np.expm1(-np.exp(linear)), 1e-300)
    staying = np.maximum(np.exp(-np.exp(linear)), 1e-300)
    return hazard, np.exp(linear) * staying, hazard * staying


def _fit(counts: _Counts, link: Link) -> _Fit:
    """Fisher scoring; the month dummies, a diagonal block, are eliminated at each step."""
    counts = counts.in_use()
    kinds, months, at_risk, events = counts.values, counts.months, counts.at_risk, counts.events
    if not len(months):
        raise _NoMaximumError("aucune sortie n'est observée.")
    weight = at_risk.sum(axis=1)
    centre = weight @ kinds / weight.sum()
    spread = np.sqrt(weight @ (kinds - centre) ** 2 / weight.sum())
    if not spread.size or (spread < 1e-12 * (1 + np.abs(centre))).any():
        raise _NoMaximumError("une covariable a toujours la même valeur.")
    values = (kinds - centre) / spread
    total, left = at_risk.sum(axis=0), events.sum(axis=0)
    if link != "log" and (left >= total).all():
        raise _NoMaximumError("chaque mois, toutes les périodes suivies finissent.")
    alpha = FROM_SHARE[link](np.clip(left / total, 1e-6, 1 - 1e-6))
    beta = np.zeros(values.shape[1])
    for _ in range(ITERATIONS):
        hazard, slope, variance = _law(link, alpha + (values @ beta)[:, None])
        pull = (events - at_risk * hazard) * slope / variance
        curve = at_risk * slope**2 / variance
        own = np.maximum(curve.sum(axis=0), 1e-300)
        cross = values.T @ curve
        information = (values * curve.sum(axis=1)[:, None]).T @ values - cross / own @ cross.T
        if not np.linalg.cond(information) < 1e12:
            raise _NoMaximumError("des covariables se déduisent les unes des autres, ou séparent les sorties.")
        step = np.linalg.solve(information, values.T @ pull.sum(axis=1) - cross @ (pull.sum(axis=0) / own))
        shift = (pull.sum(axis=0) - step @ cross) / own
        largest = max(np.abs(step).max(), np.abs(shift).max())
        scale = min(1.0, LARGEST_STEP / largest) if largest else 1.0
        beta, alpha = beta + scale * step, alpha + scale * shift
        if np.abs(beta).max() > LARGEST_COEFFICIENT:
            raise _NoMaximumError("séparation parfaite : une covariable prédit toutes les sorties, ou aucune.")
        if np.abs(step).max() < TOLERANCE:
            break
    else:
        raise _NoMaximumError("séparation parfaite : la vraisemblance n'a pas de maximum.")
    hazard = _law(link, alpha + (values @ beta)[:, None])[0]
    return _Fit(beta / spread, np.linalg.inv(information) / np.outer(spread, spread), months, _law(link, alpha)[0],
                total.astype(np.int64), left.astype(np.int64), _log_likelihood(link, hazard, at_risk, events))


def _log_likelihood(link: Link, hazard: np.ndarray, at_risk: np.ndarray, events: np.ndarray) -> float:
    from scipy.special import xlog1py, xlogy

    staying = -at_risk * hazard if link == "log" else xlog1py(at_risk - events, -np.minimum(hazard, 1))
    return float((xlogy(events, hazard) + staying).sum())


def _jackknife(cells: _Cells, link: Link, clusters: np.ndarray, estimate: np.ndarray) -> tuple[np.ndarray, int]:
    """CRV3: covariance from refits without each cluster (Cameron and Miller 2015)."""
    groups, whole = np.unique(clusters), cells.whole()
    if len(groups) < 2:
        raise _NoMaximumError("une seule grappe porte toute l'information.")
    gaps = []
    for group in groups:
        at_risk, events = cells.counted(clusters == group)
        without = _Counts(whole.values, whole.months, whole.at_risk - at_risk, whole.events - events)
        gaps.append(_fit(without, link).coefficients - estimate)
    spread = np.array(gaps)
    return (len(groups) - 1) / len(groups) * spread.T @ spread, len(groups)
