"""Events that openings may avoid, and the parameters of their cost.

Here: one record an event and payer, checked, and the law of each of its uncertain parameters. Not here: the draws and
what follows from them (``psa``), who has established a unit cost (``stg_couts_unitaires``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from tznr_platform.errors import UserError
from tznr_platform.estimation.costs import Perspective, counts_in
from tznr_platform.estimation.sampled import Sampled, critical_value, total_over_territories
from tznr_platform.estimation.verdict import NotEstimable, require_columns

OPENINGS = "ouvertures"
GRADES = ("A", "B", "C", "D")
OUTSIDE_BASE_CASE = "D"
COLUMNS = ("territory_code", "cost_event_code", "payer_code", "avoided_quantity", "unit_cost_low_eur",
           "unit_cost_central_eur", "unit_cost_high_eur", "price_year", "source_label", "evidence_grade_code",
           "literature_share")
NATION = "FR"


@dataclass(frozen=True)
class AvoidedEvent:
    """One event borne by one payer, for each unit of the quantity ``driver``: additional openings, or the events.

    ``probability``: that one unit avoids the event, each year for ``year_count`` years; it rests on
    ``probability_count`` persons (0: known). ``attribution_share``: part due to the programme; ``overlap_share``: part
    already counted under another event; ``literature_share``: part known from literature or opinion alone. Unit costs
    in euros of ``price_year``; ``grade_code`` A to D.
    """

    event_code: str
    payer_code: str
    unit_cost_low_eur: float
    unit_cost_central_eur: float
    unit_cost_high_eur: float
    price_year: int
    source_label: str
    grade_code: str
    literature_share: float
    driver: str = OPENINGS
    probability: float = 1.0
    probability_count: int = 0
    attribution_share: float = 1.0
    overlap_share: float = 0.0
    year_count: int = 1

    def __post_init__(self) -> None:
        wrong = {
            "coûts bas, central et haut dans cet ordre, positifs":
                not 0 <= self.unit_cost_low_eur <= self.unit_cost_central_eur <= self.unit_cost_high_eur < np.inf,
            "parts entre 0 et 1":
                not all(0 <= share <= 1 for share in (self.probability, self.attribution_share, self.overlap_share,
                                                      self.literature_share)),
            "grade de A à D": self.grade_code not in GRADES,
            "source du coût": not self.source_label.strip(),
            "une année au moins": self.year_count < 1 or self.probability_count < 0,
        }
        if any(wrong.values()):
            raise UserError("Un événement évité est mal décrit.", where=f"{self.event_code}, {self.payer_code}",
                            why=f"il faut : {', '.join(name for name, is_wrong in wrong.items() if is_wrong)}",
                            remedy="corriger la table des coûts unitaires ou les hypothèses")

    @property
    def cost_name(self) -> str:
        return f"coût unitaire : {self.event_code}, {self.payer_code}"

    @property
    def probability_name(self) -> str:
        return f"probabilité : {self.event_code}"


@dataclass(frozen=True)
class Parameter:
    """One uncertain number: its mean, and the values below which given shares of its draws lie."""

    name: str
    mean: float
    quantiles: Callable[[np.ndarray], np.ndarray]


def from_marts(rows: pd.DataFrame) -> tuple[dict[str, Sampled | NotEstimable], list[AvoidedEvent]]:
    """Quantities and events of ``mart_avoided_costs``: what territories established, with the error of their total.

    Quantities there are already multiplied by their attribution. Events without a unit cost are left out: their
    quantities are reported, « coût unitaire non établi ».
    """
    require_columns(rows, COLUMNS, "coûts évités")
    whole = rows["territory_code"] == NATION
    by_territory = rows[~whole].groupby(["territory_code", "cost_event_code"])["avoided_quantity"].max()
    quantities = {str(code): total_over_territories(str(code), values.to_numpy(dtype=float))
                  for code, values in by_territory.groupby("cost_event_code")}
    costed = rows[whole & rows["unit_cost_central_eur"].notna()].fillna({"literature_share": 0.0})
    return quantities, [AvoidedEvent(
        row.cost_event_code, row.payer_code, float(row.unit_cost_low_eur), float(row.unit_cost_central_eur),
        float(row.unit_cost_high_eur), int(row.price_year), row.source_label, row.evidence_grade_code,
        float(row.literature_share), driver=row.cost_event_code) for row in costed.itertuples()]


def kept(events: Sequence[AvoidedEvent], perspective: Perspective, *, base_case: bool = True) -> list[AvoidedEvent]:
    """Events that count from this perspective; those of grade D only outside the base case."""
    return [event for event in events if counts_in(event.payer_code, perspective)
            and not (base_case and event.grade_code == OUTSIDE_BASE_CASE)]


def repriced(event: AvoidedEvent, price_year: int, index: Mapping[int, float]) -> AvoidedEvent:
    """The same event in prices of another year, by a price index; ``UserError`` for a year the index lacks."""
    absent = sorted({event.price_year, price_year} - set(index))
    if absent:
        raise UserError(f"L'indice des prix ne couvre pas {', '.join(map(str, absent))}.", where=event.event_code,
                        why="un coût d'une autre année ne s'ajoute pas tel quel", remedy="compléter l'indice")
    ratio = index[price_year] / index[event.price_year]
    return replace(event, price_year=price_year, unit_cost_low_eur=event.unit_cost_low_eur * ratio,
                   unit_cost_central_eur=event.unit_cost_central_eur * ratio,
                   unit_cost_high_eur=event.unit_cost_high_eur * ratio)


def parameters(quantities: Mapping[str, Sampled], events: Sequence[AvoidedEvent]) -> dict[str, Parameter]:
    """Quantities (Student), unit costs (gamma) and probabilities (beta) of these events, by name.

    Gamma: its mean is the central cost, its standard deviation (high - low) / 3.92, the bounds being read as an
    interval at 95 % (Briggs, Sculpher and Claxton 2006, ch. 4). ``UserError`` for a quantity that is not given, an
    event and payer given twice, two probabilities for one event.
    """
    found: dict[str, Parameter] = {}
    for event in events:
        if event.cost_name in found:
            raise UserError("Un événement est compté deux fois.", where=f"{event.event_code}, {event.payer_code}",
                            why="une ligne par événement et payeur", remedy="retirer la ligne en trop")
        if event.driver not in quantities:
            raise UserError(f"Quantité absente : {event.driver}.", where=event.event_code,
                            why="un coût évité est un nombre d'événements multiplié par un coût",
                            remedy="donner cette quantité, ou retirer l'événement")
        driver = quantities[event.driver]
        found[event.driver] = Parameter(event.driver, driver.estimate, driver.quantiles)
        found[event.cost_name] = _cost(event)
        chance = _probability(event)
        if chance.mean != found.setdefault(chance.name, chance).mean:
            raise UserError("Un événement a deux probabilités.", where=event.event_code,
                            why="elle ne dépend pas du payeur", remedy="donner la même à toutes ses lignes")
    return found


def _cost(event: AvoidedEvent) -> Parameter:
    from scipy.stats import gamma

    mean = event.unit_cost_central_eur
    deviation = (event.unit_cost_high_eur - event.unit_cost_low_eur) / (2 * critical_value(0))
    if not deviation or not mean:
        return _known(event.cost_name, mean)
    return Parameter(event.cost_name, mean, gamma((mean / deviation) ** 2, scale=deviation**2 / mean).ppf)


def _probability(event: AvoidedEvent) -> Parameter:
    from scipy.stats import beta

    mean, count = event.probability, event.probability_count
    if not count or mean in (0, 1):
        return _known(event.probability_name, mean)
    return Parameter(event.probability_name, mean, beta(mean * count, (1 - mean) * count).ppf)


def _known(name: str, value: float) -> Parameter:
    return Parameter(name, value, lambda shares: np.full(np.shape(shares), value))
