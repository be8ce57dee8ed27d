"""Write, audit, publish: a gate is a promotion record for one exact content, not a coloured check.

Here: ``evaluate`` judges a candidate and records the verdict; ``require`` lets through only a content that
holds a passing record. Whoever skips the checks, or runs only the downstream step, meets ``require``. Not
here: criteria (``criteria.yml``), measures (``suites``), the page (``dossier``).
"""

from __future__ import annotations

import datetime as dt
import json
import os
from dataclasses import dataclass
from pathlib import Path

from quality import candidate, dossier
from quality.context import Criterion, run_suite
from quality.criteria import checks_hash, gate_named
from tznr_platform import french
from tznr_platform.errors import ExitCode, UserError
from tznr_platform.settings import Settings
from tznr_platform.storage import audit, lake


class GateRefused(UserError):  # noqa: N818 a refusal is an answer, not a fault
    """The content has no passing record: never judged, refused, or changed since, content or criteria."""


@dataclass(frozen=True)
class GateOutcome:
    """A verdict: for what content, under what criteria, on what day, and where its dossier lies."""

    gate: str
    title: str
    passed: bool
    content_hash: str
    checks_hash: str
    decided_at: dt.date
    criteria: tuple[Criterion, ...]
    dossier: Path

    @property
    def sentence(self) -> str:
        """The verdict in one French sentence."""
        failed = [criterion.label_fr for criterion in self.criteria if not criterion.passed]
        if not failed:
            return f"Les {len(self.criteria)} critères sont remplis : la porte « {self.title} » est franchie."
        return (f"La porte « {self.title} » est refusée : {french.count(len(failed), 'critère')} sur "
                f"{len(self.criteria)} {'n’est pas rempli' if len(failed) == 1 else 'ne sont pas remplis'}.")


def evaluate(gate: str, settings: Settings) -> GateOutcome:
    """Judge the candidate of ``gate``, write its dossier, append its promotion record (passed or not).

    Raises UserError when there is nothing to judge, PermanentError when a check could not run.
    """
    rules = gate_named(gate)
    content = candidate.content_hash(rules, settings)
    suite = run_suite(gate, candidate.measure(rules, settings))
    outcome = GateOutcome(
        gate,
        rules.title,
        suite.passed,
        content,
        checks_hash(),
        settings.today,
        suite.criteria,
        settings.dossiers_dir / f"{gate}.html",
    )
    lake.atomic_write_text(outcome.dossier, dossier.page(outcome, candidate.who_is_in(rules, settings)))
    _append(outcome, settings)
    audit.append(
        settings, "gate", gate, passed=outcome.passed, content_hash=content, checks_hash=outcome.checks_hash
    )
    return outcome


def require(gate: str, settings: Settings) -> dict:
    """The passing record of the present content under the present criteria; GateRefused otherwise."""
    rules = gate_named(gate)
    content, checks = candidate.content_hash(rules, settings), checks_hash()
    records = _records(gate, settings)
    same = [
        record for record in records if record["content_hash"] == content and record["checks_hash"] == checks
    ]
    if same and same[-1]["passed"]:
        return same[-1]
    raise GateRefused(
        f"Porte « {rules.title} » : refusé.",
        where=str(settings.dossiers_dir / f"{gate}.html"),
        why=_refusal(records, same, content),
        remedy="lire le dossier de la porte, faire ce qu'il indique, puis évaluer la porte de nouveau",
        exit_code=ExitCode.GATE_REFUSED,
    )


def promotions_file(gate: str, settings: Settings) -> Path:
    """The append-only record of verdicts of one gate, one JSON object a line."""
    return settings.lake_dir / "promotions" / f"{gate}.json"


def _refusal(records: list[dict], same: list[dict], content: str) -> str:
    if same:
        failed = [criterion["label"] for criterion in same[-1]["criteria"] if not criterion["passed"]]
        return f"critères non remplis : {' ; '.join(failed)}"
    if any(record["content_hash"] == content for record in records):
        return "les critères ont changé depuis la dernière évaluation"
    return (
        "le contenu a changé depuis la dernière évaluation"
        if records
        else "cette porte n'a pas encore été évaluée"
    )


def _append(outcome: GateOutcome, settings: Settings) -> None:
    record = {"gate": outcome.gate, "content_hash": outcome.content_hash, "checks_hash": outcome.checks_hash,
              "decided_at": outcome.decided_at.isoformat(), "passed": outcome.passed,
              "criteria": [{"id": c.id, "label": c.label_fr, "value": c.value, "threshold": c.threshold,
                            "comparison": c.comparison, "passed": c.passed} for c in outcome.criteria]}
    path = promotions_file(outcome.gate, settings)
    with lake.storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(record, ensure_ascii=False, sort_keys=True) + "\n")
            stream.flush()
            os.fsync(stream.fileno())


def _records(gate: str, settings: Settings) -> list[dict]:
    path = promotions_file(gate, settings)
    return (
        [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []
    )
