"""The reviewed file of criteria, read and checked.

Here: ``criteria.yml`` as objects. Belongs here: refusing a criterion that cannot be applied. Not here: the
SQL of measures (``suites``), the run (``context``).
"""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass
from pathlib import Path

import yaml

from quality.suites import MEASURES
from tznr_platform.errors import PermanentError

FILE = Path(__file__).with_name("criteria.yml")
SUITES = Path(__file__).with_name("suites")
COMPARISONS = ("at_least", "at_most", "equal")
PARTS = ("register", "working", "published", "numbers")
FIELDS = {"label", "measure", "comparison", "unit", "thresholds", "remedy"}


@dataclass(frozen=True)
class Rule:
    """One criterion of one gate: what is measured and what it must reach."""

    id: str
    label_fr: str
    measure: str
    comparison: str
    threshold: float
    unit: str
    remedy_fr: str


@dataclass(frozen=True)
class Gate:
    """One gate: the parts it judges, and its criteria."""

    name: str
    title: str
    candidate: tuple[str, ...]
    rules: tuple[Rule, ...]
    data_cutoff: int | None = None


@functools.cache
def load_gates(path: Path = FILE) -> dict[str, Gate]:
    """All gates by name. PermanentError: unknown measure, comparison, gate or part; missing field or
    threshold.
    """
    declared = yaml.safe_load(path.read_text(encoding="utf-8"))
    gates, criteria = declared["gates"], declared["criteria"]
    for name, entry in criteria.items():
        _check(name, entry, gates)
    return {name: _gate(name, entry, criteria) for name, entry in gates.items()}


def gate_named(name: str) -> Gate:
    """The gate of that name; PermanentError when there is none."""
    if name not in load_gates():
        raise PermanentError(f"porte inconnue : {name} ; portes connues : {', '.join(load_gates())}")
    return load_gates()[name]


def checks_hash() -> str:
    """Hash of the criteria and of the measures: a promotion given under other rules is worth nothing."""
    digest = hashlib.sha256(FILE.read_bytes())
    for path in sorted(SUITES.glob("*.py")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def _check(name: str, entry: dict, gates: dict) -> None:
    if set(entry) != FIELDS:
        raise PermanentError(f"critère {name} : champs inconnus ou manquants {sorted(set(entry) ^ FIELDS)}")
    if entry["measure"] not in MEASURES:
        raise PermanentError(f"critère {name} : mesure inconnue « {entry['measure']} »")
    if entry["comparison"] not in COMPARISONS:
        raise PermanentError(f"critère {name} : comparaison inconnue « {entry['comparison']} »")
    if not entry["thresholds"] or set(entry["thresholds"]) - set(gates):
        raise PermanentError(f"critère {name} : aucune porte, ou porte inconnue")
    if any(
        isinstance(value, bool) or not isinstance(value, int | float)
        for value in entry["thresholds"].values()
    ):
        raise PermanentError(f"critère {name} : seuil manquant")


def _gate(name: str, entry: dict, criteria: dict) -> Gate:
    rules = tuple(
        Rule(id=key, label_fr=rule["label"], measure=rule["measure"], comparison=rule["comparison"],
             threshold=float(rule["thresholds"][name]), unit=rule["unit"], remedy_fr=rule["remedy"])
        for key, rule in criteria.items() if name in rule["thresholds"])
    if not rules or set(entry["candidate"]) - set(PARTS):
        raise PermanentError(f"porte {name} : sans critère, ou objet à juger inconnu")
    return Gate(name, entry["title"], tuple(entry["candidate"]), rules, entry.get("data_cutoff"))
