"""Months as whole numbers, and the periods senders write in their file names.

Here: month <-> index, period labels, which periods are over at a given month. Not here: who sends when
(``senders``). A month index is ``year * 12 + month - 1``; quarters, halves and years are that index divided
by 3, 6 and 12.
"""

from __future__ import annotations

from tznr_platform.errors import ExitCode, UserError

MONTHS_IN = {"monthly": 1, "quarterly": 3, "half_yearly": 6, "yearly": 12}
SURVEY_MONTH = 5  # a yearly wave is collected in spring and sent at the end of June
FIRST_THROUGH, LAST_THROUGH = "2024-03", "2026-12"


def month_index(month: str) -> int:
    """Index of a month written ``YYYY-MM``."""
    year, number = month.split("-")
    return int(year) * 12 + int(number) - 1


def month_label(index: int) -> str:
    """``YYYY-MM`` of a month index."""
    return f"{index // 12:04d}-{index % 12 + 1:02d}"


def period_label(cadence: str, index: int) -> str:
    """Label of a period: ``2025-06``, ``2025-T2``, ``2025-S1`` or ``2025``."""
    if cadence == "monthly":
        return month_label(index)
    if cadence == "quarterly":
        return f"{index // 4:04d}-T{index % 4 + 1}"
    if cadence == "half_yearly":
        return f"{index // 2:04d}-S{index % 2 + 1}"
    return f"{index:04d}"


def periods(cadence: str, first_month: int, through: int) -> range:
    """Indices of the periods that a sender who starts in ``first_month`` has closed by ``through``.

    A yearly wave is closed once June of its year is over; every other period at its last month.
    """
    months = MONTHS_IN[cadence]
    if cadence == "yearly":
        return range((first_month + 5) // 12, (through + 12 - SURVEY_MONTH) // 12)
    return range(first_month // months, (through + 1) // months)


def check_through(through: str) -> int:
    """Month index of ``--through``; ``UserError`` (usage) outside the months of the programme."""
    try:
        index = month_index(through)
        valid = month_label(index) == through and FIRST_THROUGH <= through <= LAST_THROUGH
    except ValueError:
        valid = False
    if not valid:
        raise UserError(
            "Le dernier mois demandé n'est pas utilisable.",
            where="--through",
            why=f"il doit s'écrire AAAA-MM, entre {FIRST_THROUGH} et {LAST_THROUGH}",
            remedy="par exemple : --through 2026-06",
            exit_code=ExitCode.USAGE,
        )
    return index
