"""The disclosure policy: thresholds below which a number may not leave.

Here: reading ``policy.json`` and stricter-only overrides. Belongs here: any threshold of the output rules.
Not here: which tables exist (``registry``), how cells are masked (``suppression``), how that is checked
(``auditor``).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path

from tznr_platform.errors import ExitCode, UserError

FILE = Path(__file__).with_name("policy.json")
AT_LEAST, AT_MOST, EQUAL = ("persons", "organisations"), ("dominance",), ("rounding", "zeros", "masked_label")


@dataclass(frozen=True)
class Policy:
    """Thresholds of the project (methods: k = 11 persons, 3 organisations, 85 % dominance, no rounding
    yet).
    """

    persons: int
    organisations: int
    dominance: float
    rounding: int | None
    zeros: str
    masked_label: str

    def threshold(self, population: str) -> int:
        """Smallest publishable count of a population, ``persons`` or ``organisations``; anything else
        stops.
        """
        if population not in AT_LEAST:
            raise _stop(f"population inconnue « {population} »")
        return getattr(self, population)


def load_policy(**overrides: object) -> Policy:
    """Read the policy file; an override may only be stricter; an unknown or missing option stops."""
    declared = json.loads(FILE.read_text(encoding="utf-8"))
    names = {field.name for field in fields(Policy)}
    if set(declared) != names:
        raise _stop(f"option inconnue ou manquante : {', '.join(sorted(set(declared) ^ names))}")
    if declared["rounding"] is not None or declared["zeros"] != "structural":
        raise _stop("seules sont prévues l'absence d'arrondi et la publication des zéros de structure")
    for name, value in overrides.items():
        if not _is_stricter(name, value, declared):
            raise _stop(f"l'option « {name} » est inconnue ou moins stricte que la politique")
    return Policy(**(declared | overrides))


def _is_stricter(name: str, value: object, declared: dict) -> bool:
    if name in AT_LEAST:
        return value >= declared[name]
    if name in AT_MOST:
        return 0 < value <= declared[name]
    return name in EQUAL and value == declared[name]


def _stop(why: str) -> UserError:
    return UserError(
        "Politique de confidentialité statistique refusée.",
        where=f"disclosure/{FILE.name}",
        why=why,
        remedy="corriger la politique ; elle ne peut être que durcie",
        exit_code=ExitCode.CONFIGURATION,
    )
