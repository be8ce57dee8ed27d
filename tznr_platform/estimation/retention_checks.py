"""The diagnostics of retention: what could make a curve of retention wrong, measured beside it.

Here: exits that pile up on quarters, proportionality, the rule of holes and the vintage (methods 4.2). Not here: the
curve (``retention``), the diagnostics of effects (``diagnostics``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import pandas as pd

from tznr_platform import french
from tznr_platform.estimation.cox import CoxCheck
from tznr_platform.estimation.diagnostics import fingerprint
from tznr_platform.estimation.retention import CENSORED, COLUMNS, Incidence
from tznr_platform.estimation.verdict import NotEstimable, require_columns

QUARTER = 3


@dataclass(frozen=True)
class Heaping:
    """Exits after a whole number of quarters among those of months 2 and more; a third if durations know no quarter."""

    exit_count: int
    quarter_share: float
    p_value: float

    def explain(self) -> str:
        """One sentence in French."""
        return (f"{french.share(self.quarter_share, 0)} des sorties tombent après un nombre entier de trimestres (33 % "
                f"sans effet des déclarations trimestrielles ; p = {french.number(self.p_value, 3)}).")


@dataclass(frozen=True)
class Stability:
    """The same share under variants of a rule, ``base`` being the rule in force; shares between 0 and 1."""

    base: str
    shares: tuple[tuple[str, float], ...]

    @property
    def largest_gap(self) -> float:
        """Largest distance from the rule in force."""
        base = dict(self.shares)[self.base]
        return max(abs(share - base) for _, share in self.shares)

    def explain(self) -> str:
        """One sentence in French."""
        said = ", ".join(f"{name} : {french.share(share)}" for name, share in self.shares)
        return f"{said} (écart le plus grand : {french.number(100 * self.largest_gap, 1)} points)."


@dataclass(frozen=True, eq=False)
class RetentionDiagnostics:
    """Siblings of one curve, whose ``fingerprint`` is kept; what has no object says so."""

    estimate_sha256: str
    heaping: Heaping | NotEstimable
    proportional: CoxCheck | NotEstimable
    gap_rule: Stability | NotEstimable
    vintage: Stability | NotEstimable

    def to_frame(self) -> pd.DataFrame:
        """One row a diagnostic: its code and its sentence in French."""
        parts = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "estimate_sha256"}
        said = [str(part) if isinstance(part, NotEstimable) else part.explain() for part in parts.values()]
        return pd.DataFrame({"diagnostic_code": list(parts), "sentence_label": said,
                             "is_estimated": [not isinstance(part, NotEstimable) for part in parts.values()],
                             "estimate_sha256": self.estimate_sha256})

    def explain(self) -> str:
        """Every sentence, one a line."""
        return "\n".join(self.to_frame()["sentence_label"])


def retention_diagnostics(incidence: Incidence, spells: pd.DataFrame, *, proportional: CoxCheck | NotEstimable,
                          gap_rules: Mapping[str, float], vintages: Mapping[str, float]) -> RetentionDiagnostics:
    """The siblings of ``incidence``, from its ``spells`` and its share retained under other rules and vintages.

    ``gap_rules``, ``vintages``: share retained by rule (``mart_spell_sensitivity``) and by extraction, that of the
    estimate first.
    """
    subject = incidence.benefit_code
    return RetentionDiagnostics(fingerprint(incidence), heaping(spells, subject), proportional,
                                stability(f"{subject}, règle des trous", gap_rules),
                                stability(f"{subject}, extractions", vintages))


def heaping(spells: pd.DataFrame, subject: str) -> Heaping | NotEstimable:
    """Do exits pile up on multiples of three months? Binomial test against one third of the exits of whole quarters.

    Only months 2 to 3q + 1 count, around each multiple of three up to the last one observed with both neighbours.
    """
    from scipy.stats import binomtest

    require_columns(spells, COLUMNS, subject)
    last = spells["duration_months"].max() if len(spells) else 0
    left = spells[(spells["exit_code"] != CENSORED) & (spells["duration_months"] >= QUARTER - 1)
                  & (spells["duration_months"] <= QUARTER * ((last - 1) // QUARTER) + 1)]
    count = int(left["spell_count"].sum())
    if not count:
        return NotEstimable(subject, "aucune sortie n'entoure un trimestre entier.")
    quarters = int(left.loc[left["duration_months"] % QUARTER == 0, "spell_count"].sum())
    return Heaping(count, quarters / count, float(binomtest(quarters, count, 1 / QUARTER).pvalue))


def stability(subject: str, shares: Mapping[str, float]) -> Stability | NotEstimable:
    """The same share under variants, the rule in force first; not estimable without a variant."""
    known = {name: float(share) for name, share in shares.items() if pd.notna(share)}
    if len(known) < 2 or next(iter(shares)) not in known:
        return NotEstimable(subject, "aucune variante n'a été mesurée.")
    return Stability(next(iter(shares)), tuple(known.items()))
