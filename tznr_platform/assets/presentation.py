"""What the interface shows of a result: owner, gate verdicts as checks, aggregates as tables and plots.

Nothing here computes a result; a personal value has no way in: only counts, shares and published aggregates do.
"""

from __future__ import annotations

import base64
import logging

import dagster as dg
import pandas as pd

from quality.gate import GateOutcome

OWNER = "team:evaluation"
PROGRESS = logging.getLogger("tznr.progress")
PROGRESS.setLevel(logging.INFO)
CRITERIA_CHECK = "criteres"


def gate_metadata(outcome: GateOutcome) -> dict[str, dg.MetadataValue]:
    """Verdict, dossier path, content hash and the table of criteria of one gate."""
    rows = [f"| {'✔' if c.passed else '✘'} | {c.label_fr} | {c.value_fr} | {c.threshold_fr} |"
            for c in outcome.criteria]
    table = "\n".join(["| | Critère | Mesure | Seuil |", "|---|---|---|---|", *rows])
    return {"verdict": dg.MetadataValue.text("franchie" if outcome.passed else "refusée"),
            "criteres": dg.MetadataValue.md(table),
            "dossier": dg.MetadataValue.path(str(outcome.dossier)),
            "empreinte_contenu": dg.MetadataValue.text(outcome.content_hash[:16])}


def gate_check(outcome: GateOutcome) -> dg.AssetCheckResult:
    """The face of a gate in the interface; the gate itself is the promotion record."""
    failed = [c.label_fr for c in outcome.criteria if not c.passed]
    return dg.AssetCheckResult(check_name=CRITERIA_CHECK, passed=outcome.passed,
                               metadata={"criteres_non_remplis": dg.MetadataValue.json(failed)})


def markdown_table(frame: pd.DataFrame) -> dg.MetadataValue:
    """A small frame of aggregates as a Markdown table."""
    head = "| " + " | ".join(frame.columns) + " |\n|" + "---|" * len(frame.columns)
    body = "\n".join("| " + " | ".join("" if pd.isna(value) else str(value) for value in row) + " |"
                     for row in frame.itertuples(index=False))
    return dg.MetadataValue.md(f"{head}\n{body}")


def picture(png: bytes) -> dg.MetadataValue:
    """A plot of aggregates, inline."""
    return dg.MetadataValue.md(f"![](data:image/png;base64,{base64.b64encode(png).decode()})")
