"""Masking: which cells of the numbers table may be shown.

Here: primary suppression (small counts, small remainders, zero and full cells), secondary suppression (no
masked cell may be found again by subtraction), and what follows from them for shares, means and amounts.
Not here: the check, which is independent code (``auditor``). A masked cell has a status of its own; its
value is empty, never 0.
"""

from __future__ import annotations

import pandas as pd

from tznr_platform.disclosure.policy import Policy, load_policy
from tznr_platform.disclosure.registry import Measure, Relation, measure_of, relations, sibling
from tznr_platform.errors import PermanentError

PUBLISHED, MASKED, UNAVAILABLE = "published", "masked", "unavailable"


def protect(frame: pd.DataFrame, policy: Policy | None = None) -> pd.DataFrame:
    """Return the numbers with ``status_code``, masked values and contributor counts emptied.

    ``frame`` has the columns of the numbers table (spec: number_id, table_id, measure, territory_code,
    dimensions, value, contributor_count, ``largest_share`` where known). Raises PermanentError for an
    unregistered table. Source of the rules: policy.json; methods, disclosure control.
    """
    if frame["number_id"].duplicated().any():
        raise PermanentError("deux nombres portent le même identifiant")
    cells = _Cells(frame, policy or load_policy())
    cells.primary()
    cells.secondary(list(relations(frame)))
    cells.consequences()
    result = frame.copy()
    result["status_code"] = result["number_id"].map(cells.status)
    hidden = result["status_code"] != PUBLISHED
    result["value"] = result["value"].mask(hidden)
    result["contributor_count"] = result["contributor_count"].mask(hidden)
    return result.drop(columns="largest_share", errors="ignore")


class _Cells:
    """The cells of one frame: their true values and their status while they are being masked."""

    def __init__(self, frame: pd.DataFrame, policy: Policy) -> None:
        ids = frame["number_id"]
        self.policy = policy
        self.value = dict(zip(ids, frame["value"], strict=True))
        self.largest = dict(zip(ids, frame["largest_share"], strict=True)) if "largest_share" in frame else {}
        pairs = zip(ids, frame["table_id"], frame["measure"], strict=True)
        self.measure: dict[str, Measure] = {number: measure_of(table, name) for number, table, name in pairs}
        self.status = {
            number: UNAVAILABLE if pd.isna(value) else PUBLISHED for number, value in self.value.items()
        }

    def mask(self, number: str) -> None:
        if self.status[number] == PUBLISHED:
            self.status[number] = MASKED

    def primary(self) -> None:
        for number, measure in self.measure.items():
            if (
                measure.kind == "count"
                and self.status[number] == PUBLISHED
                and not self._may_show(number, measure)
            ):
                self.mask(number)

    def _may_show(self, number: str, measure: Measure) -> bool:
        k, value, rest = self.policy.threshold(measure.population), self.value[number], self._rest(number)
        if 0 < abs(value) < k or (rest is not None and 0 < rest < k):
            return False
        return not (measure.sensitive and rest is not None and (value == 0) != (rest == 0))

    def _rest(self, number: str) -> float | None:
        """What remains of the whole that this count is a part of, when the whole is known."""
        within = self.measure[number].within
        whole = self.value.get(sibling(number, within)) if within else None
        return None if whole is None or pd.isna(whole) else whole - self.value[number]

    def secondary(self, sums: list[Relation]) -> None:
        """Mask further cells until no declared sum gives a masked cell, or a small group of them, away."""
        changed = True
        while changed:
            changed = False
            for relation in sums:
                while (extra := self._next_to_mask(relation)) is not None:
                    self.mask(extra)
                    changed = True

    def _next_to_mask(self, relation: Relation) -> str | None:
        parts = [part for part in relation.parts if self.status[part] != UNAVAILABLE]
        hidden = [part for part in parts if self.status[part] == MASKED]
        shown = sorted((part for part in parts if self.status[part] == PUBLISHED),
                       key=lambda part: (self.value[part] == 0, self.value[part], part))
        if self.status[relation.total] == MASKED:
            return shown[0] if shown and len(shown) == len(relation.parts) else None
        if (
            self.status[relation.total] == UNAVAILABLE
            or not hidden
            or self._group_is_safe(relation, hidden, shown)
        ):
            return None
        return shown[0] if shown else relation.total

    def _group_is_safe(self, relation: Relation, hidden: list[str], shown: list[str]) -> bool:
        k = self.policy.threshold(relation.measure.population)
        sums = [[self.value[part] for part in hidden]]
        residuals = [self.value[relation.total] - sum(self.value[part] for part in shown)]
        rests = {part: self._rest(part) for part in (relation.total, *hidden, *shown)}
        if relation.measure.within and None not in rests.values():
            sums.append([rests[part] for part in hidden])
            residuals.append(rests[relation.total] - sum(rests[part] for part in shown))
        large = all(sum(values) >= k or (i and not relation.measure.sensitive and sum(values) == 0)
                    for i, values in enumerate(sums))
        return len(hidden) > 1 and large and not any(0 < residual < k for residual in residuals)

    def consequences(self) -> None:
        """Shares, means and amounts fall with their counts; shares also when they imply a small count."""
        for number, measure in self.measure.items():
            if measure.kind in ("share", "derived") and self.status[number] == PUBLISHED:
                bases = [self.status.get(sibling(number, name)) for name in measure.bases]
                if UNAVAILABLE in bases or None in bases:
                    self.status[number] = UNAVAILABLE
                elif MASKED in bases or not self._holds(number, measure):
                    self.mask(number)

    def _holds(self, number: str, measure: Measure) -> bool:
        if measure.minimum and any(
            self.value[sibling(number, name)] < measure.minimum for name in measure.bases
        ):
            return False
        if measure.kind == "share":
            whole = self.value[sibling(number, measure.of)]
            return self._implied_count_is_large(measure, round(self.value[number] * whole), whole)
        largest = self.largest.get(number)
        return largest is None or pd.isna(largest) or largest <= self.policy.dominance

    def _implied_count_is_large(self, measure: Measure, part: float, whole: float) -> bool:
        k = self.policy.threshold(measure.population)
        small = 0 < part < k or 0 < whole - part < k
        return not small and not (measure.sensitive and part in (0, whole) and whole > 0)
