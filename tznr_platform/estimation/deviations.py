"""What was done against what was planned: every difference from the locked design, in French, for the report.

Here: the record of one estimation and the comparison. Not here: the design (``design``). Nothing is forgiven by being
small: an unplanned horizon, a benefit left out, a stronger label, another file are all printed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from tznr_platform.contracts import reference
from tznr_platform.estimation.design import Design, Estimand, LabelCode

STRENGTH: tuple[LabelCode, ...] = ("not_identifiable", "before_after", "associational_desk", "causal_outreach")


@dataclass(frozen=True)
class Done:
    """One estimation as it was run; months as « 2025-03 », ``design_sha256`` as the result carries it."""

    estimand_code: str
    benefit_code: str
    horizon_months: int
    outcome_code: str
    comparison_code: str
    first_month: str
    last_month: str
    label: LabelCode
    design_sha256: str
    is_estimated: bool = True


def deviations(done: Iterable[Done], design: Design, *, legal_basis_ref: str = "",
               of: Collection[str] | None = None) -> tuple[str, ...]:
    """French sentences, one a deviation, in the order of what was done then of the design; empty: none.

    ``of``: codes of the estimands that this part of the platform was asked (None: all of the design).
    """
    runs, known = tuple(done), {estimand.code for estimand in design.estimands}
    unknown = sorted({run.estimand_code for run in runs} - known)
    found = [f"Quantité non prévue au protocole : {code}." for code in unknown]
    for run in runs:
        if run.estimand_code in known:
            found += _of_run(run, design, legal_basis_ref)
    found += _missing(runs, [one for one in design.estimands if of is None or one.code in of])
    return tuple(dict.fromkeys(found))


def _of_run(run: Done, design: Design, legal_basis_ref: str) -> list[str]:
    planned = design.estimand(run.estimand_code)
    cohort = next(cohort for cohort in design.cohorts if cohort.code == planned.cohort)
    comparison = {one.code: one for one in design.comparisons}.get(run.comparison_code)
    unlawful = comparison is not None and comparison.needs_legal_basis and not legal_basis_ref
    benefit, later = _benefit(run.benefit_code), _later(run.last_month, run.horizon_months)
    checks = {
        "estimée avec un autre protocole que celui qui est enregistré": run.design_sha256 != design.sha256,
        f"prestation non prévue ({benefit})": run.benefit_code not in (planned.benefits or ("",)),
        f"horizon non prévu ({run.horizon_months} mois)": run.horizon_months not in planned.horizon_months,
        f"résultat non prévu ({run.outcome_code})": run.outcome_code != planned.outcome,
        f"comparaison non prévue ({run.comparison_code})": run.comparison_code != planned.comparison,
        "comparaison sans base légale enregistrée": unlawful,
        f"contacts hors de la cohorte prévue ({run.first_month} à {run.last_month})":
            run.first_month < cohort.first_month or run.last_month > cohort.last_month,
        f"résultat postérieur au dernier mois prévu ({design.last_outcome_month})":
            later > design.last_outcome_month,
        f"libellé plus fort que celui qui est prévu ({design.labels[run.label]})":
            STRENGTH.index(run.label) > STRENGTH.index(planned.label),
    }
    return [f"{planned.title} : {what}." for what, is_wrong in checks.items() if is_wrong]


def _missing(runs: tuple[Done, ...], planned: list[Estimand]) -> list[str]:
    """What was planned and is not in the results, or was tried and could not be estimated."""
    tried = {(run.estimand_code, run.benefit_code, run.horizon_months): run.is_estimated for run in runs}
    found = []
    for estimand in planned:
        for benefit in estimand.benefits or ("",):
            for horizon in estimand.horizon_months:
                state = tried.get((estimand.code, benefit, horizon))
                if not state:
                    what = "prévue, non estimée" if state is None else "prévue, non estimable"
                    which = f"{_benefit(benefit)}, " if benefit else ""
                    found.append(f"{estimand.title} : {which}{horizon} mois, {what}.")
    return found


def _benefit(code: str) -> str:
    labels = {row["benefit_code"]: row["benefit_label"] for row in reference("benefits")}
    return labels.get(code, code)


def _later(month: str, months: int) -> str:
    number = int(month[:4]) * 12 + int(month[5:]) - 1 + months
    return f"{number // 12}-{number % 12 + 1:02d}"
