"""How French readers write numbers, shares, months and dates.

Here: formatting only. Not here: labels of codes (``reporting/labels.yml``), what a number means.
"""

from __future__ import annotations

import datetime as dt
import math

THIN, HARD = "\u202f", "\u00a0"
MONTHS = ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
          "novembre", "décembre")


def number(value: float, decimals: int = 0) -> str:
    """``12 345,6`` with narrow no-break spaces and a true minus sign."""
    text = f"{abs(value):,.{decimals}f}".replace(",", THIN).replace(".", ",")
    is_zero = not any(digit in text for digit in "123456789")
    return text if value >= 0 or is_zero else f"−{text}"


def share(value: float, decimals: int = 1) -> str:
    """A share between 0 and 1 as ``97,3 %``."""
    return f"{number(value * 100, decimals)}{THIN}%"


def points(value: float, decimals: int = 1) -> str:
    """A difference of shares, between -1 and 1, as ``+4,2 points``."""
    text = number(value * 100, decimals)
    return f"{'+' if value > 0 and text.strip('0,') else ''}{text}{HARD}points"


def month(value: dt.date | int) -> str:
    """``mai 2026``, from a date or from 202605."""
    year, index = (value.year, value.month) if isinstance(value, dt.date) else divmod(int(value), 100)
    return f"{MONTHS[index - 1]}{HARD}{year}"


def day(value: dt.date) -> str:
    """``1er mai 2026``."""
    return f"{'1er' if value.day == 1 else value.day}{HARD}{month(value)}"


def count(value: int, singular: str, plural: str | None = None) -> str:
    """``1 territoire``, ``2 territoires``; zero and one are singular in French."""
    return f"{number(value)}{HARD}{singular if abs(value) < 2 else plural or singular + 's'}"


def measure(value: float | None, unit: str) -> str:
    """A value with its unit: ``part`` as a percentage, ``écart`` (of shares) in points, ``mois_civil`` as a month,
    ``oui_non`` as a word.
    """
    if value is None or math.isnan(value):
        return "non mesuré"
    if unit in ("part", "part arrondie"):
        return share(value, 0 if unit == "part arrondie" or round(value * 100, 6).is_integer() else 2)
    if unit == "écart":
        return points(value)
    if unit == "mois_civil":
        return month(int(value))
    if unit == "oui_non":
        return "oui" if value else "non"
    decimals = 0 if float(value).is_integer() or abs(value) >= 1000 else 1 if unit in ("ETP", "jours") else 2
    singular = unit.removesuffix("s") if abs(value) < 2 and unit != "mois" else unit
    return f"{number(value, decimals)}{HARD}{singular}"
