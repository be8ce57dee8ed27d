"""Euros that know from whose point of view they are counted, and that refuse to be added to any others.

Here: perspectives, the three ledgers, amounts, discounting. Not here: uncertainty (``psa``), cost per opening
(``fieller``), the tables (``mart_programme_costs``, ``mart_transfers``, ``mart_avoided_costs``). A benefit paid is a
transfer: new public spending, never a saving, and for the society as a whole neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import pandas as pd

from tznr_platform.contracts import reference
from tznr_platform.errors import UserError

DISCOUNT_RATE = 0.032
SENSITIVITY_RATES = (0.0, 0.025)


class Perspective(StrEnum):
    """Who counts; the first three are the codes of the reference list of payers."""

    PUBLIC = "public"
    PROVIDERS = "prestataire"
    HOUSEHOLD = "menage"
    SOCIETY = "societe"

    @property
    def title(self) -> str:
        return {"public": "Payeurs publics", "prestataire": "Prestataires", "menage": "Ménages",
                "societe": "Société, toutes ressources"}[self.value]


class Ledger(StrEnum):
    """What is counted: what the programme costs, the benefits it opened, the events that did not happen."""

    PROGRAMME = "programme"
    TRANSFERS = "transferts"
    AVOIDED = "evites"

    @property
    def title(self) -> str:
        return {"programme": "Coût du programme", "transferts": "Prestations ouvertes (dépense nouvelle)",
                "evites": "Coûts évités"}[self.value]


@dataclass(frozen=True, eq=False)
class Euros:
    """An amount (a number, or draws of it) of one ledger, seen from one perspective, in prices of one year.

    Only amounts of the same ledger, perspective and price year can be added. ``UserError`` for anything else, and for a
    transfer seen from the whole society, where it is no resource at all.
    """

    perspective: Perspective
    ledger: Ledger
    price_year: int
    amount: float | np.ndarray

    def __post_init__(self) -> None:
        if (self.perspective, self.ledger) == (Perspective.SOCIETY, Ledger.TRANSFERS):
            raise UserError("Une prestation versée n'est pas un coût pour la société.", where=self.ledger.title,
                            why="c'est un transfert : ce que l'un paie, l'autre le reçoit",
                            remedy="montrer les prestations ouvertes du point de vue des payeurs publics")
        if not np.isfinite(self.amount).all():
            raise UserError("Un montant n'est pas un nombre.", where=self.ledger.title,
                            why="une valeur manque", remedy="retirer l'élément dont le coût n'est pas établi")

    def __add__(self, other: object) -> Euros:
        return self._plus(other, 1)

    def __sub__(self, other: object) -> Euros:
        return self._plus(other, -1)

    def __radd__(self, other: object) -> Euros:
        return self if other == 0 else self._plus(other, 1)

    def _plus(self, other: object, sign: int) -> Euros:
        if not isinstance(other, Euros):
            raise UserError("Un montant sans point de vue ne peut pas être ajouté.", where=self.ledger.title,
                            why="on ne sait ni qui le paie ni ce qu'il compte", remedy="en faire un montant (Euros)")
        kept = {"points de vue": (self.perspective.title, other.perspective.title),
                "registres": (self.ledger.title, other.ledger.title),
                "années de prix": (self.price_year, other.price_year)}
        for kind, (mine, theirs) in kept.items():
            if mine != theirs:
                raise UserError("Ces montants ne s'ajoutent pas.", where=f"{mine} ; {theirs}",
                                why=f"ils relèvent de deux {kind}", remedy="les montrer côte à côte, sans total")
        return replace(self, amount=self.amount + sign * other.amount)


def perspective_of(payer_code: str) -> Perspective:
    """The perspective of a payer of the reference list; ``UserError`` for an unknown payer."""
    for payer in reference("payers"):
        if payer["payer_code"] == payer_code:
            return Perspective(payer["perspective_code"])
    raise UserError(f"Payeur inconnu : {payer_code}.", where="coûts unitaires",
                    why="le point de vue d'un payeur vient de la liste de référence",
                    remedy="corriger le code ou compléter la liste des payeurs")


def counts_in(payer_code: str, perspective: Perspective) -> bool:
    """Whether a cost borne by this payer counts from this perspective; the society counts every payer's."""
    own = perspective_of(payer_code)
    return perspective is Perspective.SOCIETY or own is perspective


def present_value(by_year: Mapping[int, float], base_year: int, rate: float = DISCOUNT_RATE) -> float:
    """Amounts of several years, discounted to ``base_year`` (3.2 % a year: Guesnerie committee, 2021).

    Here and in ``annuity``, ``UserError`` for a rate of -100 % or less.
    """
    _require_rate(rate)
    return float(sum(amount / (1 + rate) ** (year - base_year) for year, amount in by_year.items()))


def annuity(year_count: int, rate: float = DISCOUNT_RATE) -> float:
    """Present value of one euro a year for ``year_count`` years, the first one at once."""
    _require_rate(rate)
    return float(sum((1 + rate) ** -year for year in range(year_count)))


def _require_rate(rate: float) -> None:
    if not rate > -1:
        raise UserError("Taux d'actualisation impossible.", where="coûts évités", why="il dépasse toujours -100 %",
                        remedy="donner un taux en part, comme 0,032")


def side_by_side(*amounts: Euros) -> pd.DataFrame:
    """A row an amount, means of draws, and no total: what is shown to a reader."""
    return pd.DataFrame([{"perspective_code": one.perspective.value, "perspective_label": one.perspective.title,
                          "ledger_code": one.ledger.value, "ledger_label": one.ledger.title,
                          "price_year": one.price_year, "mean_eur": float(np.mean(one.amount))} for one in amounts])
