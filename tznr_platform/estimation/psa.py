"""Probabilistic sensitivity analysis of the costs avoided, from one perspective at a time.

Here: the draws, the net saving, what it owes to each parameter, what knowing a parameter would be worth. Not here: the
amounts and their ledgers (``costs``), the events (``avoided``). Benefits paid enter nowhere: they are transfers, shown
apart (``costs.side_by_side``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from tznr_platform import french
from tznr_platform.errors import UserError
from tznr_platform.estimation.avoided import (
    OUTSIDE_BASE_CASE,
    AvoidedEvent,
    Parameter,
    kept,
    parameters,
)
from tznr_platform.estimation.costs import DISCOUNT_RATE, SENSITIVITY_RATES, Euros, Ledger, Perspective, annuity
from tznr_platform.estimation.design import load_design
from tznr_platform.estimation.interval_chart import interval_chart
from tznr_platform.estimation.sampled import Sampled
from tznr_platform.estimation.verdict import NotEstimable

if TYPE_CHECKING:
    import altair as alt

DRAWS, SEED = 10_000, 20260701
Correlations = Mapping[tuple[str, str], float]


@dataclass(frozen=True, eq=False)
class Psa:
    """``avoided`` and ``programme``: draws in euros; ``values``: draws of each parameter (draws x P), as ``names``.

    ``tornado``: the net saving when each parameter goes from its 2.5 % to its 97.5 % value, others at their means.
    ``by_event``, ``by_payer``: mean avoided and its interval, a row an event and payer, a row a payer. ``excluded``:
    events of grade D left out.
    """

    perspective: Perspective
    avoided: Euros
    programme: Euros
    names: tuple[str, ...]
    values: np.ndarray
    tornado: pd.DataFrame
    by_event: pd.DataFrame
    by_payer: pd.DataFrame
    excluded: tuple[str, ...]
    discount_rate: float
    is_base_case: bool
    design_sha256: str

    @property
    def net(self) -> np.ndarray:
        """Costs avoided minus cost of the programme, draw by draw: the one difference between ledgers."""
        return self.avoided.amount - self.programme.amount

    @property
    def probability_net_positive(self) -> float:
        return float((self.net > 0).mean())

    @property
    def interval(self) -> tuple[float, float]:
        """95 % of the draws of the net saving."""
        low, high = np.percentile(self.net, [2.5, 97.5])
        return float(low), float(high)

    @property
    def literature_share(self) -> float:
        """Share of the mean avoided cost that rests on literature or expert opinion alone."""
        mean = self.by_event["mean_eur"].abs()
        return float(mean @ self.by_event["literature_share"] / mean.sum()) if mean.sum() else 0.0

    def evppi(self) -> pd.DataFrame:
        """What knowing each parameter would be worth in euros, for whoever decides on the sign of the net saving.

        Expected net saving given the parameter by regression on a cubic spline (Strong, Oakley and Brennan 2014). The
        last row is the value of knowing everything.
        """
        chosen = max(float(self.net.mean()), 0.0)
        informed = [float(np.maximum(_smoothed(column, self.net), 0).mean()) for column in self.values.T]
        frame = pd.DataFrame({"parameter": self.names, "evppi_eur": np.maximum(np.array(informed) - chosen, 0)})
        frame = frame.sort_values("evppi_eur", ascending=False, kind="stable")
        everything = max(float(np.maximum(self.net, 0).mean()) - chosen, 0.0)
        return pd.concat([frame, pd.DataFrame({"parameter": ["tous"], "evppi_eur": [everything]})], ignore_index=True)

    def to_frame(self) -> pd.DataFrame:
        """One row."""
        low, high = self.interval
        avoided_low, avoided_high = np.percentile(self.avoided.amount, [2.5, 97.5])
        return pd.DataFrame([{
            "perspective_code": self.perspective.value, "perspective_label": self.perspective.title,
            "price_year": self.avoided.price_year, "discount_rate": self.discount_rate, "draw_count": len(self.net),
            "avoided_mean_eur": float(np.mean(self.avoided.amount)), "avoided_low_eur": float(avoided_low),
            "avoided_high_eur": float(avoided_high), "programme_mean_eur": float(np.mean(self.programme.amount)),
            "net_mean_eur": float(self.net.mean()), "net_low_eur": low, "net_high_eur": high,
            "net_positive_probability": self.probability_net_positive, "literature_share": self.literature_share,
            "is_base_case": self.is_base_case, "excluded_count": len(self.excluded),
            "design_sha256": self.design_sha256}])

    def plot(self) -> alt.Chart:
        """Tornado of the net saving."""
        return interval_chart(self.tornado, label="parameter", value="net_at_mean_eur", low="net_low_eur",
                              high="net_high_eur", title=f"{self.perspective.title} : ce qui fait varier le solde",
                              axis="Coûts évités moins coût du programme, en euros")

    def explain(self) -> str:
        """Range and probability, in French, with what they rest on."""
        low, high = self.interval
        base = "" if self.is_base_case else f" Niveau {OUTSIDE_BASE_CASE} compris : hors hypothèse centrale."
        return (f"{self.perspective.title} : coûts évités moins coût du programme, {french.number(self.net.mean())} € "
                f"en moyenne ({french.number(low)} à {french.number(high)} €) ; probabilité d'un solde positif : "
                f"{french.share(self.probability_net_positive, 0)}. Part des coûts évités qui repose sur la seule "
                f"littérature ou des avis : {french.share(self.literature_share, 0)}. Les prestations ouvertes n'y "
                f"entrent pas.{base}")


@threadpool_limits.wrap(limits=1)
def sensitivity(programme: Euros, quantities: Mapping[str, Sampled | NotEstimable], events: Sequence[AvoidedEvent], *,
                correlations: Correlations | None = None, discount_rate: float = DISCOUNT_RATE, base_case: bool = True,
                draws: int = DRAWS, seed: int = SEED) -> Psa | NotEstimable:
    """Net saving from the perspective of ``programme``, over draws of every uncertain parameter.

    ``quantities``: additional openings, or events avoided, by the name that ``AvoidedEvent.driver`` gives, with the
    error of their clusters. ``correlations``: between two parameters by name (Gaussian copula); others are independent.
    Not estimable: no event counts from this perspective, or a quantity is not. ``UserError``: other price years,
    correlations that contradict each other, a ledger that is not the programme's.
    """
    subject = f"coûts évités, {programme.perspective.title}"
    used = kept(events, programme.perspective, base_case=base_case)
    _require_comparable(programme, used, draws)
    unknown = [one.reason for one in map(quantities.get, (event.driver for event in used))
               if isinstance(one, NotEstimable)]
    if unknown or not used:
        return NotEstimable(subject, next(iter(unknown), "aucun coût unitaire n'est établi pour ce point de vue."))
    known = parameters(quantities, used)
    shares = _uniform(list(known), correlations or {}, draws, seed)
    values = np.column_stack([one.quantiles(share) for one, share in zip(known.values(), shares.T, strict=True)])
    by_event = _avoided(values, list(known), used, discount_rate)
    cost = np.broadcast_to(programme.amount, draws)
    left_out = set(kept(events, programme.perspective, base_case=False)) - set(used)
    return Psa(programme.perspective, replace(programme, ledger=Ledger.AVOIDED, amount=by_event.sum(axis=1)),
               replace(programme, amount=cost), tuple(known), values,
               _tornado(known, used, discount_rate, float(cost.mean())), _by_event(used, by_event),
               _by_payer(used, by_event),
               tuple(sorted({event.event_code for event in left_out})), discount_rate, base_case, load_design().sha256)


def _require_comparable(programme: Euros, events: Sequence[AvoidedEvent], draws: int) -> None:
    where = f"coûts évités, {programme.perspective.title}"
    if programme.ledger is not Ledger.PROGRAMME:
        raise UserError("Seul le coût du programme se compare aux coûts évités.", where=where,
                        why="une prestation versée est un transfert, jamais compensé par des coûts évités",
                        remedy="montrer les prestations ouvertes à part")
    years = sorted({event.price_year for event in events} - {programme.price_year})
    if years:
        raise UserError("Des coûts sont en prix d'années différentes.", where=where,
                        why=f"{', '.join(map(str, years))} et {programme.price_year}",
                        remedy="les porter à la même année de prix (repriced)")
    if draws < 1:
        raise UserError("Aucun tirage demandé.", where=where, why="l'analyse est faite de tirages",
                        remedy="en demander au moins un")
    if np.size(programme.amount) not in (1, draws):
        raise UserError("Le coût du programme n'a pas autant de tirages que l'analyse.", where=where,
                        why=f"{np.size(programme.amount)} et {draws}", remedy="donner un nombre, ou autant de tirages")


def discount_sensitivity(programme: Euros, quantities: Mapping[str, Sampled | NotEstimable],
                         events: Sequence[AvoidedEvent], **options) -> pd.DataFrame:
    """The analysis at 0 %, 2.5 % and 3.2 % a year, one row a rate; empty where it is not estimable."""
    found = [sensitivity(programme, quantities, events, discount_rate=rate, **options)
             for rate in (*SENSITIVITY_RATES, DISCOUNT_RATE)]
    return pd.concat([one.to_frame() for one in found if isinstance(one, Psa)] or [pd.DataFrame()], ignore_index=True)


def _uniform(names: list[str], correlations: Correlations, draws: int, seed: int) -> np.ndarray:
    """Uniform draws (draws x P) whose normal scores have the declared correlations."""
    from scipy.special import ndtr

    matrix = np.eye(len(names))
    for (one, other), value in correlations.items():
        if one not in names or other not in names or one == other or not -1 < value < 1:
            raise UserError("Une corrélation est mal déclarée.", where=f"{one} ; {other}",
                            why="elle lie deux paramètres de l'analyse, entre -1 et 1 exclus",
                            remedy=f"choisir parmi : {', '.join(names)}")
        matrix[names.index(one), names.index(other)] = matrix[names.index(other), names.index(one)] = value
    try:
        root = np.linalg.cholesky(matrix)
    except np.linalg.LinAlgError:
        raise UserError("Les corrélations déclarées se contredisent.", where="analyse de sensibilité",
                        why="aucune loi ne peut les avoir toutes", remedy="les revoir ensemble") from None
    return ndtr(np.random.default_rng(seed).standard_normal((draws, len(names))) @ root.T)


def _avoided(values: np.ndarray, names: list[str], events: Sequence[AvoidedEvent], rate: float) -> np.ndarray:
    """Euros avoided (draws x events): quantity x probability x attribution x unit cost, over discounted years."""
    column = {name: values[:, place] for place, name in enumerate(names)}
    return np.column_stack([
        column[event.driver] * column[event.probability_name] * column[event.cost_name]
        * (event.attribution_share * (1 - event.overlap_share) * annuity(event.year_count, rate)) for event in events])


def _tornado(known: Mapping[str, Parameter], events: Sequence[AvoidedEvent], rate: float, cost: float) -> pd.DataFrame:
    names = list(known)
    means = np.array([one.mean for one in known.values()])
    rows = []
    for place, one in enumerate(known.values()):
        ends = np.tile(means, (3, 1))
        ends[:2, place] = one.quantiles(np.array([0.025, 0.975]))
        net = _avoided(ends, names, events, rate).sum(axis=1) - cost
        if net[0] != net[1]:
            rows.append((one.name, *ends[:2, place], float(net[:2].min()), float(net[:2].max()), float(net[2])))
    frame = pd.DataFrame(rows, columns=["parameter", "parameter_low", "parameter_high", "net_low_eur", "net_high_eur",
                                        "net_at_mean_eur"])
    order = (frame["net_low_eur"] - frame["net_high_eur"]).sort_values(kind="stable").index
    return frame.loc[order].reset_index(drop=True)


def _by_event(events: Sequence[AvoidedEvent], draws: np.ndarray) -> pd.DataFrame:
    described = pd.DataFrame([{
        "cost_event_code": event.event_code, "payer_code": event.payer_code, "grade_code": event.grade_code,
        "literature_share": event.literature_share, "source_label": event.source_label} for event in events])
    return described.join(_spread(draws))


def _by_payer(events: Sequence[AvoidedEvent], draws: np.ndarray) -> pd.DataFrame:
    payers = np.array([event.payer_code for event in events])
    codes = sorted(set(payers))
    totals = np.column_stack([draws[:, payers == code].sum(axis=1) for code in codes])
    return pd.DataFrame({"payer_code": codes}).join(_spread(totals))


def _spread(draws: np.ndarray) -> pd.DataFrame:
    """Mean and 95 % interval of each column of draws."""
    low, high = np.percentile(draws, [2.5, 97.5], axis=0)
    return pd.DataFrame({"mean_eur": draws.mean(axis=0), "low_eur": low, "high_eur": high})


def _smoothed(parameter: np.ndarray, net: np.ndarray) -> np.ndarray:
    """Expected net saving at each drawn value of one parameter; its mean where the parameter does not vary."""
    from sklearn.linear_model import LinearRegression
    from sklearn.preprocessing import SplineTransformer

    if np.ptp(parameter) == 0:
        return np.full(len(net), net.mean())
    basis = SplineTransformer(n_knots=6, knots="quantile").fit_transform(parameter[:, None])
    return LinearRegression().fit(basis, net).predict(basis)
