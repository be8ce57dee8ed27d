"""French labels of the codes that reports show.

Here: the label of a code, and the order of codes in tables; both come from the contracts, but for the short
labels of ``labels.yml``. Not here: how numbers are written (``tznr_platform.french``).
"""

from __future__ import annotations

import functools
from pathlib import Path

import yaml

from tznr_platform import contracts
from tznr_platform.disclosure.registry import NO_CODE
from tznr_platform.estimation.design import load_design

LISTS = {"payer_code": ("payers", "payer_label"), "cost_event_code": ("cost_event_types", "cost_event_label"),
         "body_code": ("bodies", "body_label"), "dimension_code": ("instruments", "dimension_label"),
         "control_id": ("control_totals", "control_label"), "reason_code": ("reason_codes", "message_fr")}
KEYS = {"reason_code": "code"}
TOTAL = {"tous": "Ensemble"}
UNKNOWN = {NO_CODE: "Non établi", "non_renseigne": "Non renseigné"}


def label(dimension: str, code: object) -> str:
    """The French label of a code; a code that no list knows is shown as it is."""
    text = NO_CODE if code is None else str(code)
    return (TOTAL | _labels(dimension) | UNKNOWN).get(text, text)


def codes(dimension: str) -> tuple[str, ...]:
    """The codes of a dimension in the order of their list, which is the order of the tables."""
    return tuple(_labels(dimension))


@functools.cache
def _labels(dimension: str) -> dict[str, str]:
    short = yaml.safe_load(Path(__file__).with_name("labels.yml").read_text(encoding="utf-8"))
    if dimension in short:
        return short[dimension]
    if dimension in LISTS:
        name, column = LISTS[dimension]
        return {row[KEYS.get(dimension, dimension)]: row[column] for row in contracts.reference(name)}
    if dimension == "estimand_code":
        return {estimand.code: estimand.title for estimand in load_design().estimands}
    if dimension == "table_name":
        return {name: contract.title for name, contract in contracts.contracts().items()}
    fields = [field for contract in contracts.contracts().values() for field in contract.fields]
    if dimension == "practice_code":
        levels = [field for field in fields if field.column.endswith("_level") and field.labels]
        return {
            name: field.title
            for field in levels
            for name in (field.column, field.column.removesuffix("_level"))
        }
    return next((dict(field.labels) for field in fields
                 if field.column in (dimension, f"{dimension}s") and field.labels), {})
