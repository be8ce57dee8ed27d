"""Change of a score between two waves among the same persons, those who were lost being accounted for.

Here: the weighted change, its interval over territories, what it becomes if the lost changed otherwise, and the change
of each territory, shrunken. Not here: whether the waves may be compared (``invariance``), the scores
(``int_scale_score``). A change before / after without a comparison group is never an effect of the programme.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from tznr_platform import french
from tznr_platform.estimation.design import load_design
from tznr_platform.estimation.interval_chart import interval_chart
from tznr_platform.estimation.invariance import Invariance
from tznr_platform.estimation.territory_means import TerritoryMeans, territory_means
from tznr_platform.estimation.verdict import NotEstimable, require_columns, require_numbers

if TYPE_CHECKING:
    import altair as alt

COLUMNS = ("territory_code", "first_score", "last_score", "person_count")
COVARIATES = ("situation_code", "channel_code")
ESTIMAND = "scale_change"
TRUNCATION = (1.0, 99.0)
TILTS = tuple(round(step / 10, 1) for step in range(-5, 6))


@dataclass(frozen=True, eq=False)
class Change:
    """Mean change of ``subject``, weighted for attrition; interval: jackknife over territories (CRV3), Student.

    ``tilts``: the change of all persons if the lost had changed by delta standard deviations more than the weights say,
    delta from -0.5 to 0.5; ``tipping_delta``: where it changes sign, None if nobody is lost. ``effective_count``: Kish.
    """

    subject: str
    estimate: float
    standard_error: float
    low: float
    high: float
    unweighted: float
    first_mean: float
    first_deviation: float
    retest_correlation: float
    person_count: int
    paired_count: int
    effective_count: float
    largest_weight: float
    unfollowed_territory_count: int
    territory_count: int
    tilts: pd.DataFrame
    tipping_delta: float | None
    territories: TerritoryMeans
    label: str
    design_sha256: str

    @property
    def lost_share(self) -> float:
        return 1 - self.paired_count / self.person_count

    @property
    def standardised(self) -> float:
        """The change in standard deviations of the first wave."""
        return self.estimate / self.first_deviation

    @property
    def p_value(self) -> float:
        """Two-sided, Student with territories - 1 degrees; 1 where nothing varies."""
        from scipy.stats import t

        return float(2 * t.sf(abs(self.estimate) / self.standard_error, self.territory_count - 1)) \
            if self.standard_error else 1.0

    def regression_to_mean(self, selected_mean: float) -> float:
        """Change to expect, with no real change, of persons chosen for their first score: (1 - r) times their distance.

        ``selected_mean``: their mean at the first wave; r: correlation of the two waves (Galton; Barnett et al. 2005).
        """
        return (1 - self.retest_correlation) * (self.first_mean - selected_mean)

    def to_frame(self) -> pd.DataFrame:
        """One row."""
        kept = {name: value for name, value in vars(self).items() if name not in ("tilts", "territories")}
        frame = pd.DataFrame([{**kept, "standardised": self.standardised, "lost_share": self.lost_share,
                               "p_value": self.p_value}])
        return frame.astype({"tipping_delta": "Float64"})

    def plot(self) -> alt.Chart:
        """The change under each assumption on the lost."""
        rows = self.tilts.assign(label=self.tilts["delta"].map(lambda delta: french.number(delta, 1)))
        return interval_chart(rows, label="label", value="estimate", low="low", high="high", axis="Évolution du score",
                              title=f"{self.subject} : selon l'évolution des perdus de vue (en écarts-types)")

    def explain(self) -> str:
        """What changed, for whom, and what it does not prove, in French."""
        tipping = "" if self.tipping_delta is None else (
            f" Le signe changerait si les perdus de vue avaient évolué de {french.number(self.tipping_delta, 2)} "
            "écart-type de plus que prévu.")
        return (f"{self.subject} : évolution moyenne {french.number(self.estimate, 2)} (intervalle à 95 % : "
                f"{french.number(self.low, 2)} à {french.number(self.high, 2)}), {french.number(self.paired_count)} "
                f"personnes sur {french.number(self.person_count)} ayant répondu deux fois.{tipping} "
                f"« {self.label} » : sans groupe de comparaison, cette évolution n'est pas imputable au programme.")


def score_change(rows: pd.DataFrame, subject: str, invariance: Invariance | NotEstimable, *,
                 covariates: tuple[str, ...] = COVARIATES) -> Change | NotEstimable:
    """Change of a score, only where the scale is invariant (scalar); otherwise use ``item_change`` item by item.

    ``rows``: counted persons of the first wave: ``territory_code``, ``first_score``, ``last_score`` (empty when lost),
    ``person_count``, and ``covariates`` (words, empty being a kind of its own) that explain who is lost.
    """
    if isinstance(invariance, NotEstimable):
        return NotEstimable(subject, f"comparabilité des vagues non établie : {invariance.reason}")
    if not invariance.allows_means:
        return NotEstimable(subject, "les vagues ne sont pas comparables : résultats par item seulement.")
    return item_change(rows, subject, covariates=covariates)


@threadpool_limits.wrap(limits=1)
def item_change(rows: pd.DataFrame, subject: str, *,
                covariates: tuple[str, ...] = COVARIATES) -> Change | NotEstimable:
    """Change of the answers to one item, rows as in ``score_change``.

    Weights: inverse of the probability of answering again given covariates, territory and first score, truncated at
    the 1st and 99th percentiles (Cole and Hernan 2008) and estimated again without each territory.
    """
    require_columns(rows, COLUMNS, subject)
    require_numbers(rows, ("first_score", "last_score", "person_count"), subject)
    absent = [name for name in covariates if name not in rows]
    rows = rows[rows["person_count"] > 0]
    reason = _refusal_reason(rows, absent)
    if reason:
        return NotEstimable(subject, reason)
    rows = rows.astype({"person_count": "int64"}).groupby(
        ["territory_code", *covariates, "first_score", "last_score"], dropna=False, as_index=False, observed=True)
    rows = rows["person_count"].sum()
    people = _People.of(rows, covariates)
    whole = _weighted(people)
    codes = np.unique(people.territory)
    left_out = [_weighted(people.where(people.territory != code)) for code in codes]
    if any(one is None for one in left_out):
        return NotEstimable(subject, "un seul territoire porte toutes les secondes réponses.")
    return _record(subject, people, whole, left_out, codes)


@dataclass(frozen=True, eq=False)
class _People:
    """Counted persons: features of the response model (N x P), scores, counts, territory (N each)."""

    features: np.ndarray
    first: np.ndarray
    last: np.ndarray
    count: np.ndarray
    territory: np.ndarray

    @classmethod
    def of(cls, rows: pd.DataFrame, covariates: tuple[str, ...]) -> _People:
        first = rows["first_score"].to_numpy(dtype=float)
        words = pd.get_dummies(rows[["territory_code", *covariates]].astype("string").fillna(""), dtype=float)
        scaled = (first - first.mean()) / (first.std() or 1)
        return cls(np.column_stack([scaled, words.to_numpy()]), first, rows["last_score"].to_numpy(dtype=float),
                   rows["person_count"].to_numpy(dtype=float), rows["territory_code"].to_numpy())

    def where(self, kept: np.ndarray) -> _People:
        return _People(self.features[kept], self.first[kept], self.last[kept], self.count[kept], self.territory[kept])


@dataclass(frozen=True, eq=False)
class _Weighted:
    """Mean change, shift of one tilt (share lost x deviation), deviation of the first score, weights (N, 0 if lost)."""

    mean: float
    tilt: float
    deviation: float
    weights: np.ndarray


def _refusal_reason(rows: pd.DataFrame, absent: list[str]) -> str | None:
    if absent:
        return f"covariables absentes : {', '.join(absent)}."
    if rows.empty or rows["last_score"].notna().sum() == 0:
        return "personne n'a répondu deux fois."
    scores = rows[["first_score", "last_score"]].to_numpy(dtype=float, na_value=np.nan)
    if np.isnan(scores[:, 0]).any() or np.isinf(scores).any() or rows["territory_code"].isna().any():
        return "un premier score ou un territoire manque, ou un score est infini."
    paired = rows[rows["last_score"].notna()]
    if rows["first_score"].nunique() < 2 or paired["first_score"].nunique() < 2 or paired["last_score"].nunique() < 2:
        return "le score ne varie pas."
    if rows["territory_code"].nunique() < 2:
        return "un seul territoire a répondu : aucun intervalle ne peut être calculé."
    return None


def _weighted(people: _People) -> _Weighted | None:
    """Response weights and what follows from them; None when nobody answered twice."""
    seen = ~np.isnan(people.last)
    if not seen.any():
        return None
    weights = np.where(seen, 1.0, 0.0)
    if not seen.all():
        inverse = 1 / _response(people, seen)[seen]
        low, high = _percentiles(inverse, people.count[seen])
        weights[seen] = np.clip(inverse, low, high)
    mass = people.count * weights
    total = people.count.sum()
    mean = float(mass[seen] @ (people.last - people.first)[seen] / mass.sum())
    centre = people.count @ people.first / total
    deviation = float(np.sqrt(people.count @ (people.first - centre) ** 2 / (total - 1)))
    return _Weighted(mean, float(people.count[~seen].sum() / total * deviation), deviation, weights)


def _response(people: _People, seen: np.ndarray) -> np.ndarray:
    """Probability of answering again, by a logistic regression whose small penalty keeps it finite under separation."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=1.0, solver="newton-cholesky", tol=1e-10, max_iter=100)
    return model.fit(people.features, seen, sample_weight=people.count).predict_proba(people.features)[:, 1]


def _percentiles(values: np.ndarray, counts: np.ndarray) -> tuple[float, float]:
    order = np.argsort(values, kind="stable")
    rank = 100 * counts[order].cumsum() / counts.sum()
    low, high = (values[order][np.searchsorted(rank, bound)] for bound in TRUNCATION)
    return float(low), float(high)


def _record(subject: str, people: _People, whole: _Weighted, left_out: list[_Weighted], codes: np.ndarray) -> Change:
    from scipy.stats import t

    seen = ~np.isnan(people.last)
    mass = people.count * whole.weights
    groups, deltas = len(codes), np.array(TILTS)
    tilted = whole.mean + deltas * whole.tilt
    gaps = np.array([one.mean + deltas * one.tilt for one in left_out]) - tilted
    errors = np.sqrt((groups - 1) / groups * (gaps**2).sum(axis=0))
    margins = t(groups - 1).ppf(0.975) * errors
    here = list(TILTS).index(0.0)
    tilts = pd.DataFrame({"delta": deltas, "estimate": tilted, "low": tilted - margins, "high": tilted + margins})
    design = load_design()
    return Change(
        subject, whole.mean, float(errors[here]), float(tilts["low"][here]), float(tilts["high"][here]),
        float(people.count[seen] @ (people.last - people.first)[seen] / people.count[seen].sum()),
        float(people.count @ people.first / people.count.sum()), whole.deviation,
        _correlation(people.first[seen], people.last[seen], mass[seen]), int(people.count.sum()),
        int(people.count[seen].sum()), float(mass.sum() ** 2 / (people.count @ whole.weights**2)),
        float(whole.weights.max()), len(set(codes) - set(people.territory[seen])), groups, tilts,
        -whole.mean / whole.tilt if whole.tilt else None,
        territory_means(people.territory[seen], (people.last - people.first)[seen], count=people.count[seen],
                        weight=whole.weights[seen]),
        design.label(ESTIMAND), design.sha256)


def _correlation(first: np.ndarray, last: np.ndarray, mass: np.ndarray) -> float:
    centred = np.stack([first, last]) - np.average(np.stack([first, last]), axis=1, weights=mass)[:, None]
    moments = (centred * mass) @ centred.T
    return float(moments[0, 1] / np.sqrt(moments[0, 0] * moments[1, 1]))
