"""The CHEERS 2022 checklist of an economic evaluation, filled in from the results.

Here: the 28 items (``cheers.json``, in our own words after Husereau et al. 2022), the facts the results give, and what
only the evaluators know. Not here: any computation. An item whose facts are missing says « à compléter ».
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Formatter

import pandas as pd
from pydantic import BaseModel, ConfigDict, TypeAdapter

from tznr_platform import french
from tznr_platform.contracts import reference
from tznr_platform.errors import UserError
from tznr_platform.estimation.costs import SENSITIVITY_RATES
from tznr_platform.estimation.fieller import CostPerOpening
from tznr_platform.estimation.psa import Psa

ITEMS_FILE = Path(__file__).with_name("cheers.json")
REPORTED, NOT_APPLICABLE, TO_COMPLETE = "renseigné", "sans objet", "à compléter"
FACTS = {
    "persons": "personnes rencontrées", "territories": "territoires présents", "territory_total": "territoires en tout",
    "missing_territories": "territoires absents", "population": "population étudiée", "setting": "lieu et cadre",
    "effect_label": "étiquette de l'effet", "participation": "participation des personnes concernées",
    "participation_effect": "effet de cette participation", "funding": "financement", "interests": "liens d'intérêts",
    "horizon": "horizon"}
FROM_EVALUATORS = frozenset(FACTS)


class Item(BaseModel):
    """One item: what is expected, and the answer with its {facts}; ``applies`` is false for « sans objet »."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    number: int
    section: str
    topic: str
    expected: str
    answer: str
    applies: bool = True

    @property
    def facts(self) -> tuple[str, ...]:
        return tuple(name for _, name, _, _ in Formatter().parse(self.answer) if name)


@dataclass(frozen=True, eq=False)
class Checklist:
    """The 28 items in order: ``number``, ``section_label``, ``topic_label``, ``expected_label``, status and answer."""

    frame: pd.DataFrame

    @property
    def to_complete(self) -> tuple[int, ...]:
        """Numbers of the items that wait for the evaluators."""
        return tuple(self.frame.loc[self.frame["status_label"] == TO_COMPLETE, "number"])

    def to_frame(self) -> pd.DataFrame:
        """One row an item."""
        return self.frame.copy()

    def explain(self) -> str:
        """What is still missing, in French."""
        waiting = ", ".join(map(str, self.to_complete))
        return f"CHEERS 2022 : {len(self.frame)} points ; à compléter : {waiting or 'aucun'}."


def checklist(analyses: Sequence[Psa], costs: Sequence[CostPerOpening] = (),
              evaluators: Mapping[str, str] | None = None) -> Checklist:
    """The checklist of these analyses (one a perspective) and costs per opening.

    ``evaluators``: facts that results do not hold, by name (``FROM_EVALUATORS``); ``UserError`` for another name.
    """
    given = dict(evaluators or {})
    unknown = sorted(set(given) - FROM_EVALUATORS)
    if unknown:
        raise UserError(f"Renseignements inconnus : {', '.join(unknown)}.", where="grille CHEERS",
                        why="la grille ne les emploie nulle part",
                        remedy=f"choisir parmi : {', '.join(sorted(FROM_EVALUATORS))}")
    facts = {**given, **_facts(analyses, costs)}
    return Checklist(pd.DataFrame([_filled(item, facts) for item in items()]))


@cache
def items() -> tuple[Item, ...]:
    """The items of ``cheers.json``, numbered from 1."""
    return tuple(TypeAdapter(list[Item]).validate_python(json.loads(ITEMS_FILE.read_text(encoding="utf-8"))))


def _filled(item: Item, facts: Mapping[str, str]) -> dict[str, object]:
    missing = [name for name in item.facts if not facts.get(name)]
    status = TO_COMPLETE if missing else REPORTED if item.applies else NOT_APPLICABLE
    asked = ", ".join(FACTS.get(name, name) for name in missing)
    answer = f"À compléter par les évaluateurs : {asked}." if missing else item.answer.format_map(facts)
    return {"number": item.number, "section_label": item.section, "topic_label": item.topic,
            "expected_label": item.expected, "status_label": status, "answer_label": answer}


def _facts(analyses: Sequence[Psa], costs: Sequence[CostPerOpening]) -> dict[str, str]:
    if not analyses:
        return {}
    first = analyses[0]
    events = pd.concat([one.by_event for one in analyses])
    titles = {row["cost_event_code"]: row["cost_event_label"] for row in reference("cost_event_types")}
    return {
        "design": first.design_sha256,
        "price_year": " et ".join(map(str, sorted({one.avoided.price_year for one in analyses}))),
        "draws": french.number(len(first.net)), "discount_rate": french.share(first.discount_rate),
        "sensitivity_rates": " et ".join(french.share(rate) for rate in SENSITIVITY_RATES),
        "perspectives": " ; ".join(one.perspective.title for one in analyses),
        "events": ", ".join(sorted({titles.get(code, code) for code in events["cost_event_code"]})),
        "sources": " ; ".join(sorted(set(events["source_label"]))),
        "parameters": french.number(len({name for one in analyses for name in one.tornado["parameter"]})),
        "results": " ".join(one.explain() for one in analyses),
        "cost_per_opening": " ".join(one.explain() for one in costs),
        "uncertainty": " ".join(map(_uncertainty, analyses)),
        "literature_share": " ; ".join(french.share(one.literature_share, 0) for one in analyses)}


def _uncertainty(analysis: Psa) -> str:
    low, high = analysis.interval
    worth = analysis.evppi().iloc[0]
    return (f"{analysis.perspective.title} : solde de {french.number(low)} à {french.number(high)} €, positif avec une "
            f"probabilité de {french.share(analysis.probability_net_positive, 0)} ; le paramètre le plus utile à mieux "
            f"connaître est « {worth['parameter']} ».")
