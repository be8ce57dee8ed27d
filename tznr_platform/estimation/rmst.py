"""Curves of retention compared: restricted mean duration, months lost to each exit, log-rank.

Here: areas under the curves of ``retention`` up to a horizon, their differences, and the log-rank test. Not here: the
curves, covariates (``hazard``). The headline of retention is the difference of restricted means at 12 months: it needs
no proportional hazards and reads in months.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from tznr_platform import french
from tznr_platform.errors import UserError
from tznr_platform.estimation.design import load_design
from tznr_platform.estimation.interval_chart import interval_chart
from tznr_platform.estimation.retention import (
    CENSORED,
    COLUMNS,
    ENTRY,
    TWO_SIDED_95,
    Incidence,
    refusal_reason,
    require_spells,
)
from tznr_platform.estimation.sampled import critical_value
from tznr_platform.estimation.verdict import NotEstimable

if TYPE_CHECKING:
    import altair as alt

HORIZON = 12.0
Curve = Incidence | NotEstimable


@dataclass(frozen=True)
class RestrictedMean:
    """Months kept within the first ``months``, and months lost to each exit; kept and lost add up to ``months``."""

    subject: str
    months: float
    kept: float
    standard_error: float
    exit_codes: tuple[str, ...]
    lost: tuple[float, ...]
    lost_standard_error: tuple[float, ...]
    spell_count: int
    design_sha256: str

    def to_frame(self) -> pd.DataFrame:
        """One row for the months kept (``exit_code`` empty) and one for each exit, with 95 % intervals."""
        rows = pd.DataFrame({
            "subject": self.subject, "horizon_months": self.months, "exit_code": ["", *self.exit_codes],
            "estimate_months": [self.kept, *self.lost],
            "standard_error": [self.standard_error, *self.lost_standard_error],
            "spell_count": self.spell_count, "design_sha256": self.design_sha256})
        margin = TWO_SIDED_95 * rows["standard_error"]
        return rows.assign(low_months=rows["estimate_months"] - margin, high_months=rows["estimate_months"] + margin)

    def plot(self) -> alt.Chart:
        """Months kept and lost, with their intervals."""
        rows = self.to_frame().assign(part=lambda frame: frame["exit_code"].replace("", "droit conservé"))
        return interval_chart(rows, label="part", value="estimate_months", low="low_months", high="high_months",
                              title=f"{self.subject} : les {self.months:g} premiers mois", axis="Mois", nothing=None)

    def explain(self) -> str:
        """One sentence in French."""
        return (f"{self.subject} : sur les {self.months:g} premiers mois, le droit reste ouvert "
                f"{french.number(self.kept, 2)} mois en moyenne ({french.count(self.spell_count, 'période')}).")


@dataclass(frozen=True)
class RmstDifference:
    """Restricted mean of ``first`` minus that of ``second``, in months; independent groups.

    ``cluster_error``: jackknife over ``cluster_count`` clusters (CRV3); None where spells were taken as independent.
    """

    first: RestrictedMean
    second: RestrictedMean
    cluster_error: float | None = None
    cluster_count: int = 0

    @property
    def estimate(self) -> float:
        return self.first.kept - self.second.kept

    @property
    def standard_error(self) -> float:
        independent = float(np.hypot(self.first.standard_error, self.second.standard_error))
        return independent if self.cluster_error is None else self.cluster_error

    @property
    def low(self) -> float:
        return self.estimate - critical_value(self.cluster_count) * self.standard_error

    @property
    def high(self) -> float:
        return self.estimate + critical_value(self.cluster_count) * self.standard_error

    @property
    def p_value(self) -> float:
        """Two-sided: Student with clusters - 1 degrees, or normal."""
        from scipy.stats import norm, t

        law = t(self.cluster_count - 1) if self.cluster_count else norm
        return float(2 * law.sf(abs(self.estimate) / self.standard_error))

    def to_frame(self) -> pd.DataFrame:
        """One row: both means, difference, interval, p-value, design."""
        return pd.DataFrame([{
            "first": self.first.subject, "second": self.second.subject, "horizon_months": self.first.months,
            "first_months": self.first.kept, "second_months": self.second.kept, "difference_months": self.estimate,
            "standard_error": self.standard_error, "low_months": self.low, "high_months": self.high,
            "p_value": self.p_value, "cluster_count": self.cluster_count, "design_sha256": self.first.design_sha256}])

    def plot(self) -> alt.Chart:
        """The difference and its interval, against no difference."""
        rows = self.to_frame().assign(label=f"{self.first.subject} − {self.second.subject}")
        return interval_chart(rows, label="label", value="difference_months", low="low_months", high="high_months",
                              title=f"Durée moyenne sur {self.first.months:g} mois", axis="Écart en mois")

    def explain(self) -> str:
        """One sentence in French; a description, never an effect of the programme."""
        return (f"Sur {self.first.months:g} mois, écart de durée moyenne entre {self.first.subject} et "
                f"{self.second.subject} : {french.number(self.estimate, 2)} mois (intervalle à 95 % : "
                f"{french.number(self.low, 2)} à {french.number(self.high, 2)}). Comparaison descriptive.")


@dataclass(frozen=True)
class LogRank:
    """Log-rank test of equal hazards over ``groups``; ``statistic`` is a chi-square with ``groups`` - 1 degrees."""

    groups: tuple[str, ...]
    statistic: float
    p_value: float

    def to_frame(self) -> pd.DataFrame:
        """One row."""
        return pd.DataFrame([{"groups": " / ".join(self.groups), "statistic": self.statistic, "p_value": self.p_value}])

    def explain(self) -> str:
        """One sentence in French."""
        return (f"Test du log-rank entre {' et '.join(self.groups)} : khi² = {french.number(self.statistic, 2)}, "
                f"p = {french.number(self.p_value, 3)}.")


def restricted_mean(incidence: Incidence, months: float = HORIZON) -> RestrictedMean | NotEstimable:
    """Area under the share retained up to ``months``, and under the incidence of each exit.

    Standard errors: delta method on the multinomial hazards of each duration, which is the formula of survRM2 (Uno et
    al. 2014) for the months kept and that of Andersen (2013) for the months lost. Not estimable beyond the follow-up.
    """
    if not months > 0:
        raise UserError("L'horizon doit être positif.", where=incidence.benefit_code, why=f"{months:g} mois demandés",
                        remedy="choisir un horizon du protocole")
    last = float(incidence.duration_months[-1])
    if months > last and incidence.retained_share[-1] > 0:
        return NotEstimable(incidence.benefit_code, f"le suivi s'arrête à {last:g} mois, avant {months:g} mois.")
    seen = incidence.duration_months <= months
    times, at_risk = incidence.duration_months[seen], incidence.at_risk_count[seen].astype(float)
    hazard = incidence.event_count[:, seen] / at_risk
    total = hazard.sum(axis=0)
    before = np.concatenate(([1.0], incidence.retained_share[seen]))[:-1]
    reach = before * (months - times)
    lost = (reach * hazard).sum(axis=1)
    later = _after(reach * np.vstack([hazard, total]))
    ahead = np.divide(later, 1 - total, out=np.zeros_like(later), where=total < 1)
    own = np.vstack([hazard, total])
    variance = (reach**2 * own * (1 - own) + ahead**2 * total * (1 - total) - 2 * reach * ahead * own * (1 - total))
    error = np.sqrt(np.maximum((variance / at_risk).sum(axis=1), 0))
    return RestrictedMean(incidence.benefit_code, float(months), float(months - lost.sum()), float(error[-1]),
                          incidence.exit_codes, tuple(map(float, lost)), tuple(map(float, error[:-1])),
                          incidence.spell_count, incidence.design_sha256)


def _after(terms: np.ndarray) -> np.ndarray:
    """Sum of the terms at later durations, row by row."""
    return terms[:, ::-1].cumsum(axis=1)[:, ::-1] - terms


def rmst_difference(first: Curve, second: Curve, months: float = HORIZON, *,
                    left_out: Sequence[tuple[Curve, Curve]] = ()) -> RmstDifference | NotEstimable:
    """Difference of restricted means, first minus second; the reason of whichever cannot be estimated.

    ``left_out``: both curves without each cluster in turn, for the error of clustered spells. Not estimable either
    where a group has no exit before the horizon: its error would be zero, which it is not.
    """
    means = []
    for group in (first, second):
        mean = restricted_mean(group, months) if isinstance(group, Incidence) else group
        if isinstance(mean, NotEstimable):
            return mean
        if not mean.standard_error:
            return NotEstimable(mean.subject, f"aucune sortie avant {months:g} mois : l'incertitude n'est pas mesurée.")
        means.append(mean)
    whole = RmstDifference(*means)
    if not left_out:
        return whole
    without = [rmst_difference(*pair, months) for pair in left_out]
    if len(without) < 2 or any(isinstance(one, NotEstimable) for one in without):
        return NotEstimable(f"{whole.first.subject} − {whole.second.subject}",
                            "un seul territoire porte toute l'information d'un groupe.")
    gaps = np.array([one.estimate for one in without]) - whole.estimate
    count = len(without)
    error = float(np.sqrt((count - 1) / count * (gaps**2).sum()))
    if not error:
        return NotEstimable(f"{whole.first.subject} − {whole.second.subject}",
                            "tous les territoires ont le même écart : l'incertitude n'est pas mesurée.")
    return replace(whole, cluster_error=error, cluster_count=count)


def log_rank(groups: Mapping[str, pd.DataFrame]) -> LogRank | NotEstimable:
    """Test that exits, of whatever kind, have the same hazard in every group; frames of ``cumulative_incidence``."""
    from scipy.stats import chi2

    for spells in groups.values():
        require_spells(spells, load_design())
    pooled = pd.concat([spells[[name for name in (*COLUMNS, ENTRY) if name in spells]] for spells in groups.values()],
                       keys=range(len(groups)), names=["group"])
    if reason := refusal_reason(pooled):
        return NotEstimable(", ".join(groups), reason)
    pooled = pooled[pooled["spell_count"] > 0].reset_index("group")
    if pooled["group"].nunique() < max(2, len(groups)):
        return NotEstimable(", ".join(groups), "il faut au moins deux groupes suivis et une sortie.")
    at_risk, events = _group_risk_sets(pooled)
    n, d = at_risk.sum(axis=1, keepdims=True), events.sum(axis=1, keepdims=True)
    part = at_risk / n
    scale = np.divide(d * (n - d), n - 1, out=np.zeros_like(n), where=n > 1)
    gap = (events - d * part).sum(axis=0)
    variance = np.diag((scale * part).sum(axis=0)) - (scale * part).T @ part
    degrees = len(gap) - 1
    if np.linalg.matrix_rank(variance) < degrees:
        return NotEstimable(", ".join(groups), "les groupes ne sont jamais suivis aux mêmes durées.")
    statistic = float(gap[:-1] @ np.linalg.solve(variance[:-1, :-1], gap[:-1]))
    return LogRank(tuple(groups), statistic, float(chi2.sf(statistic, degrees)))


def _group_risk_sets(spells: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """At risk and exits by duration and ``group``; at risk: entered, and not gone before (late entries included)."""
    count, duration = (spells[name].to_numpy(dtype=float) for name in ("spell_count", "duration_months"))
    entry = spells[ENTRY].to_numpy(dtype=float) if ENTRY in spells else np.full(len(spells), -1.0)
    group = spells["group"].to_numpy()
    months, place = np.unique(duration, return_inverse=True)

    def counted(at: np.ndarray, how_many: np.ndarray) -> np.ndarray:
        table = np.zeros((len(months) + 1, group.max() + 1))
        np.add.at(table, (at, group), how_many)
        return table[:-1]

    entering, leaving = counted(np.searchsorted(months, entry, side="right"), count), counted(place, count)
    at_risk = entering.cumsum(axis=0) - leaving.cumsum(axis=0) + leaving
    return at_risk, counted(place, count * (spells["exit_code"] != CENSORED).to_numpy())
