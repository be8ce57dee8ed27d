"""What an effect can still be when part of the persons is not seen, or not seen right.

Here: bounds without any assumption on who is missing (Manski 1990), for match errors, objections, missing territories
and late declarations. Not here: shares of who is missing (marts), thresholds of what may be printed (``labels``).
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from tznr_platform.errors import UserError
from tznr_platform.french import number, share


@dataclass(frozen=True)
class Bounds:
    """Range of a difference of shares when ``missing_share`` of the persons could be anything; ``title`` in French."""

    title: str
    missing_share: float
    low: float
    high: float

    def to_frame(self) -> pd.DataFrame:
        return pd.DataFrame([vars(self)])

    def explain(self) -> str:
        return (f"{self.title} : {share(self.missing_share)}. Dans le pire des cas, l'effet se trouve entre "
                f"{number(100 * self.low, 1)} et {number(100 * self.high, 1)} points.")


def unseen(estimate: float, missing_share: float, title: str) -> Bounds:
    """Bounds when a share of the persons of both arms is not seen at all: their effect is between -1 and 1."""
    _require_shares(missing_share, (1 + estimate) / 2)
    seen = 1 - missing_share
    return Bounds(title, missing_share, seen * estimate - missing_share, seen * estimate + missing_share)


def match_errors(open_share: float, counterfactual_share: float, match_share: float, false_link_share: float) -> Bounds:
    """Bounds when ``1 - match_share`` is unmatched and ``false_link_share`` of the matched are somebody else's records.

    A stranger's record may be open or not: the true share of the linked lies between (p - f) / (1 - f) and p / (1 - f).
    """
    _require_shares(open_share, counterfactual_share, match_share, false_link_share)
    if false_link_share >= 1:
        return Bounds("Appariements inexacts ou absents", 1.0, -1.0, 1.0)
    (low, high), (low_without, high_without) = (
        (max(part - false_link_share, 0) / (1 - false_link_share), min(part / (1 - false_link_share), 1))
        for part in (open_share, counterfactual_share))
    missing = 1 - match_share
    return Bounds("Appariements inexacts ou absents", 1 - match_share * (1 - false_link_share),
                  match_share * (low - high_without) - missing, match_share * (high - low_without) + missing)


def late_declarations(open_share: float, counterfactual_share: float, known_share: float) -> Bounds:
    """Bounds when only ``known_share`` of what will be open is known at the delay of the vintage, in either arm."""
    _require_shares(open_share, counterfactual_share, known_share)
    highest, highest_without = (min(part / known_share, 1) if known_share else 1.0
                                for part in (open_share, counterfactual_share))
    return Bounds("Droits encore inconnus au recul de l'extraction", 1 - known_share,
                  open_share - highest_without, highest - counterfactual_share)


def _require_shares(*shares: float) -> None:
    if not all(0 <= part <= 1 for part in shares):
        raise UserError("Part impossible.", where="bornes d'un effet", why="une part est comprise entre 0 et 1",
                        remedy="vérifier les comptes")
