"""The check of what is about to leave, written without the masking code.

Here: an attacker who knows the published cells and the declared sums, and subtracts. Belongs here: any new
way to find a masked cell again. Not here: masking (``suppression``). The report gate asks for zero finding.
"""

from __future__ import annotations

import pandas as pd

from tznr_platform.disclosure.policy import Policy, load_policy
from tznr_platform.disclosure.registry import Relation, measure_of, relations, sibling, tables


def audit(frame: pd.DataFrame, policy: Policy | None = None) -> list[str]:
    """Findings (French, by number id, never a value) about a protected frame of numbers; empty when it may
    leave.
    """
    policy = policy or load_policy()
    unregistered = [f"{row.number_id} : table non enregistrée" for row in frame.itertuples()
                    if row.table_id not in tables() or row.measure not in tables()[row.table_id].measures]
    if unregistered:
        return unregistered
    known = {row.number_id: row.value for row in frame.itertuples() if row.status_code == "published"}
    hidden = {row.number_id for row in frame.itertuples() if row.status_code == "masked"}
    sums = list(relations(frame))
    return sorted({*_forms(frame), *_small(frame, known, policy), *_dependants(frame, known, hidden),
                   *_subtractions(sums, known, hidden, policy), *_remainders(sums, known, policy)})


def _forms(frame: pd.DataFrame):
    for row in frame.itertuples():
        if row.status_code not in ("published", "masked", "unavailable"):
            yield f"{row.number_id} : statut inconnu"
        if row.status_code != "published" and not (pd.isna(row.value) and pd.isna(row.contributor_count)):
            yield f"{row.number_id} : une cellule non publiée porte une valeur"


def _small(frame: pd.DataFrame, known: dict, policy: Policy):
    """Published counts, remainders and implied numerators under the threshold."""
    for row in frame.itertuples():
        measure = measure_of(row.table_id, row.measure)
        if row.number_id not in known or measure.kind not in ("count", "share"):
            continue
        k, value = policy.threshold(measure.population), known[row.number_id]
        whole = known.get(sibling(row.number_id, measure.within or measure.of or measure.name))
        part = value if measure.kind == "count" else whole is not None and round(value * whole)
        rest = None if whole is None or (measure.kind == "count" and not measure.within) else whole - part
        if 0 < abs(part) < k:
            yield f"{row.number_id} : effectif sous le seuil"
        if rest is not None and 0 < rest < k:
            yield f"{row.number_id} : le complément est sous le seuil"
        if rest is not None and measure.sensitive and whole > 0 and (part == 0 or rest == 0):
            yield f"{row.number_id} : cellule à 0 % ou 100 %"


def _dependants(frame: pd.DataFrame, known: dict, hidden: set):
    for row in frame.itertuples():
        measure = measure_of(row.table_id, row.measure)
        bases = [sibling(row.number_id, name) for name in measure.bases]
        if row.number_id in known and any(base in hidden for base in bases):
            yield f"{row.number_id} : publié alors que son effectif est masqué"


def _subtractions(sums: list[Relation], known: dict, hidden: set, policy: Policy):
    """Solve every sum with one unknown, again and again; then look at the groups that remain."""
    known = dict(known)
    found = True
    while found:
        found = False
        for relation in sums:
            cells = (relation.total, *relation.parts)
            unknown = [cell for cell in cells if cell not in known]
            if len(unknown) != 1 or unknown[0] not in hidden:
                continue
            others = sum(known[part] for part in relation.parts if part in known)
            known[unknown[0]] = others if unknown[0] == relation.total else known[relation.total] - others
            found = True
            yield f"{unknown[0]} : recalculable par soustraction"
    for relation in sums:
        if relation.total in known:
            residual = known[relation.total] - sum(known.get(part, 0) for part in relation.parts)
            yield from _group(relation, residual, [part for part in relation.parts if part in hidden], policy)


def _group(relation: Relation, residual: float, unknown: list[str], policy: Policy):
    k = policy.threshold(relation.measure.population)
    if unknown and (0 < residual < k or (relation.exact and residual == 0)):
        yield f"{relation.total} : les cellules masquées font ensemble moins que le seuil"


def _remainders(sums: list[Relation], known: dict, policy: Policy):
    """The same subtraction on what remains of each part (for instance: opened, out of discussed)."""
    for relation in sums:
        within = relation.measure.within
        if not within:
            continue
        wholes = {cell: known.get(sibling(cell, within)) for cell in (relation.total, *relation.parts)}
        rests = {
            cell: whole - known[cell] for cell, whole in wholes.items() if whole is not None and cell in known
        }
        missing = [cell for cell in relation.parts if cell not in rests]
        complete = all(whole is not None for whole in wholes.values())
        if relation.total in rests and missing and complete:
            residual = rests[relation.total] - sum(rests.get(part, 0) for part in relation.parts)
            if 0 < residual < policy.threshold(relation.measure.population):
                yield f"{relation.total} : le complément des cellules masquées est sous le seuil"
