"""The sibling of every estimate: what could make it wrong, measured; and the only way from an estimate to a report.

Here: the record of diagnostics (methods 4.9), the fingerprint that ties it to one estimate, and ``promote``, which
refuses an estimate without it. Not here: how each is computed (``access_diagnostics``), the rules of labels
(``labels``). What has no object for an estimate is said (``NotEstimable``), never left out.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from typing import Protocol

import pandas as pd

from tznr_platform.errors import ExitCode, UserError
from tznr_platform.estimation.balance import Balance, Overlap
from tznr_platform.estimation.bounds import Bounds
from tznr_platform.estimation.confounding import EValue, Selection
from tznr_platform.estimation.design import Design, load_design
from tznr_platform.estimation.event_study import AccessPath
from tznr_platform.estimation.honest_trends import HonestTrends
from tznr_platform.estimation.labels import Evidence, Verdict, verdict
from tznr_platform.estimation.pretrend import PreTrend
from tznr_platform.estimation.verdict import NotEstimable
from tznr_platform.french import number


class Estimate(Protocol):
    """What a result of this room offers."""

    def to_frame(self) -> pd.DataFrame: ...

    def explain(self) -> str: ...


@dataclass(frozen=True)
class Check:
    """One estimate made again otherwise: a placebo, a part left out. ``title`` in French."""

    title: str
    estimate: float
    low: float
    high: float

    def explain(self) -> str:
        distinct = "" if self.low <= 0 <= self.high else ", distinct de zéro"
        return (f"{self.title} : {number(100 * self.estimate, 1)} points, intervalle à 95 % de "
                f"{number(100 * self.low, 1)} à {number(100 * self.high, 1)}{distinct}.")


@dataclass(frozen=True, eq=False)
class Diagnostics:
    """Every threat of methods 4.9, for the estimate whose ``fingerprint`` is given."""

    estimate_sha256: str
    evidence: Evidence
    balance: Balance | NotEstimable
    overlap: Overlap | NotEstimable
    path: AccessPath | NotEstimable
    pre_trend: PreTrend | NotEstimable
    honest_magnitude: HonestTrends | NotEstimable
    honest_smoothness: HonestTrends | NotEstimable
    e_value: EValue | NotEstimable
    selection: Selection | NotEstimable
    date_placebo: Check | NotEstimable
    outcome_placebos: tuple[Check | NotEstimable, ...]
    left_out: tuple[Check | NotEstimable, ...]
    match_error: Bounds | NotEstimable
    reporting_delay: Bounds | NotEstimable
    missing_territories: Bounds | NotEstimable
    objections: Bounds | NotEstimable

    def to_frame(self) -> pd.DataFrame:
        """Long: diagnostic_code, title (French, of a placebo, a part left out or bounds), item, value, reason (French,
        when it is not estimable)."""
        rows = []
        for code, part in self._parts():
            title = getattr(part, "title", "")
            if isinstance(part, NotEstimable):
                rows.append((code, part.subject, "", None, part.reason))
            else:
                rows += [(code, title, item, value, "") for item, value in _values(part)]
        frame = pd.DataFrame(rows, columns=["diagnostic_code", "title", "item", "value", "reason"])
        return frame.astype({"value": "float64"})

    def explain(self) -> str:
        """What a reader must know before the number, in French; what could not be measured is told too."""
        said = [str(part) if isinstance(part, NotEstimable) else part.explain()
                for _, part in self._parts() if isinstance(part, NotEstimable) or hasattr(part, "explain")]
        return "\n".join(said)

    def _parts(self) -> list[tuple[str, object]]:
        found = [(field.name, getattr(self, field.name)) for field in fields(self)
                 if field.name not in ("estimate_sha256", "evidence")]
        return [(name, part) for name, value in found for part in (value if isinstance(value, tuple) else (value,))]


@dataclass(frozen=True, eq=False)
class Promoted:
    """An estimate that may be printed under its label, with its diagnostics; ``bounds`` in its place if not empty."""

    estimand_code: str
    estimate: Estimate
    diagnostics: Diagnostics
    verdict: Verdict
    label: str
    bounds: tuple[Bounds, ...]
    design_sha256: str

    def explain(self) -> str:
        """Label, the number or its bounds, the reasons of every weakening, the diagnostics; in French."""
        said = [bound.explain() for bound in self.bounds] or [self.estimate.explain()]
        why = [f"Libellé affaibli : {reason}." for reason in self.verdict.reasons]
        return "\n".join([f"[{self.label}]", *said, *why, self.diagnostics.explain()])


def _values(part: object) -> list[tuple[str, float]]:
    """Every number of a record by its name; a path by month, a series by rank."""
    if isinstance(part, AccessPath):
        return [(f"{name}.{row['month']:.0f}", float(row[name])) for row in part.to_frame().to_dict("records")
                for name in ("estimate", "standard_error")]
    found = []
    for name, value in vars(part).items():
        series = value if isinstance(value, tuple) else (value,)
        found += [(name if len(series) == 1 else f"{name}.{rank}", float(one)) for rank, one in enumerate(series)
                  if isinstance(one, int | float)]
    return found


def fingerprint(estimate: Estimate) -> str:
    """Hash of an estimate: its kind and every value of its table."""
    text = estimate.to_frame().to_csv(index=False, float_format="%.17g")
    return hashlib.sha256(f"{type(estimate).__name__}\n{text}".encode()).hexdigest()


def promote(estimand_code: str, estimate: Estimate | NotEstimable, diagnostics: Diagnostics | None, *,
            design: Design | None = None) -> Promoted:
    """Allow an estimate to be printed, under the label that the rules leave it.

    ``UserError`` GATE_REFUSED for an estimate that does not exist, has no diagnostics, has those of another estimate or
    incomplete ones, or was made under another design.
    """
    design = design or load_design()
    estimand = design.estimand(estimand_code)
    if isinstance(estimate, NotEstimable):
        raise _refusal(str(estimate), "un résultat « non estimable » se publie comme tel, avec sa raison")
    if diagnostics is None or any(part is None for _, part in diagnostics._parts()):
        raise _refusal("ses diagnostics manquent, en tout ou partie", "calculer tous ses diagnostics")
    if diagnostics.estimate_sha256 != fingerprint(estimate):
        raise _refusal("ses diagnostics sont ceux d'une autre estimation", "refaire les diagnostics")
    if getattr(estimate, "design_sha256", design.sha256) != design.sha256:
        raise _refusal("elle a été faite sous un autre protocole", "refaire l'estimation sous le protocole en vigueur")
    found = verdict(estimand, diagnostics.evidence, design)
    return Promoted(estimand_code, estimate, diagnostics, found, design.labels[found.label],
                    _bounds(diagnostics, design), design.sha256)


def _bounds(diagnostics: Diagnostics, design: Design) -> tuple[Bounds, ...]:
    """Those that take the place of the estimate: too few matched, too many opposed."""
    seen, rules = diagnostics.evidence, design.rules
    chosen = [diagnostics.match_error] * (seen.match_share < rules.match_share)
    chosen += [diagnostics.objections] * (seen.objection_share > rules.objection_share)
    return tuple(one for one in chosen if isinstance(one, Bounds))


def _refusal(why: str, remedy: str) -> UserError:
    return UserError("L'estimation ne peut pas être promue.", where="diagnostics", why=why, remedy=remedy,
                     exit_code=ExitCode.GATE_REFUSED)
