"""Effects of a first contact on access, from the working warehouse to the lake: estimated, diagnosed, labelled.

Here: which effects the design asks for, in which months, and their tables. Not here: the estimator (``trials``), its
diagnostics (``access_diagnostics``), the reading (``access_panel``). Tables hold counts and effects, no person; small
counts are masked later, as all numbers are (``disclosure``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tznr_platform import french
from tznr_platform.contracts import reference
from tznr_platform.estimation.access_diagnostics import Circumstances, diagnose
from tznr_platform.estimation.access_panel import Met, read_circumstances, read_met, read_panel, read_states
from tznr_platform.estimation.design import Design, Estimand, load_design
from tznr_platform.estimation.deviations import Done, deviations
from tznr_platform.estimation.diagnostics import Promoted, promote
from tznr_platform.estimation.multiplicity import adjusted_by_family
from tznr_platform.estimation.panel import AccessPanel
from tznr_platform.estimation.trials import effects
from tznr_platform.estimation.verdict import NotEstimable
from tznr_platform.settings import Settings
from tznr_platform.storage import lake, warehouse

OUTCOMES = {"open_at_horizon": "open", "opened_by_horizon": "opened_by"}
EFFECTS_FILE, DIAGNOSTICS_FILE = "access_effects.parquet", "access_diagnostics.parquet"
KEY = ("estimand_code", "benefit_code", "horizon_months")


@dataclass(frozen=True, eq=False)
class AccessOutcome:
    """``frame``: an effect a row, estimable or not; ``diagnostics``: long; ``deviations``: French sentences."""

    frame: pd.DataFrame
    diagnostics: pd.DataFrame
    deviations: tuple[str, ...]

    @property
    def not_estimable_count(self) -> int:
        return int((~self.frame["is_estimated"]).sum()) if len(self.frame) else 0


@dataclass(frozen=True, eq=False)
class Read:
    """What was read: persons, then by benefit the panel, what is not seen, and the states of the placebos."""

    met: Met
    panels: Mapping[str, AccessPanel]
    circumstances: Mapping[str, Circumstances]
    placebos: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class _Asked:
    """One effect that the design asks for."""

    estimand: Estimand
    benefit_code: str
    horizon: int
    channel: str
    trial_months: range


def write_access(settings: Settings, *, design: Design | None = None) -> AccessOutcome:
    """Estimate every access effect of the design; write ``lake/estimates/access_effects.parquet`` and diagnostics.

    Raises ``UserError`` STORAGE when there is no working warehouse or no room left.
    """
    design = design or load_design()
    with warehouse.connect(settings.working_file, settings=settings, read_only=True) as con:
        met = read_met(con, design)
        read = None if met is None else Read(
            met, {benefit: read_panel(con, met, benefit) for benefit in _benefits(design)},
            {benefit: read_circumstances(con, settings, benefit, 0, design) for benefit in _benefits(design)},
            {benefit: read_states(con, met, benefit) for benefit in design.placebo_benefits})
    outcome = access_effects(read, design)
    with warehouse.connect(None, settings=settings) as con:
        for frame, name in ((outcome.frame, EFFECTS_FILE), (outcome.diagnostics, DIAGNOSTICS_FILE)):
            con.register("written", frame)
            lake.write_parquet(con, "select * from written", settings.lake_dir / "estimates" / name)
            con.unregister("written")
    return outcome


def access_effects(read: Read | None, design: Design) -> AccessOutcome:
    """Every access effect of the design, from the panels of its benefits; nobody met (None): none is estimable."""
    rows, diagnostics, done = [], [], []
    for asked in _asked(read, design):
        found = _absent(asked, "personne n'a été rencontré") if read is None else _promoted(asked, read)
        rows.append(_row(asked, found, design))
        done.append(_done(asked, found, read, design))
        if isinstance(found, Promoted):
            diagnostics.append(found.diagnostics.to_frame().assign(
                **{name: rows[-1][name] for name in KEY}))
    frame = pd.DataFrame(rows)
    frame = adjusted_by_family(frame if "p_value" in frame else frame.assign(p_value=np.nan), design)
    empty = pd.DataFrame(columns=["diagnostic_code", "title", "item", "value", "reason", *KEY]).astype(
        {"value": "float64", "horizon_months": "int64"})
    return AccessOutcome(frame, pd.concat(diagnostics, ignore_index=True) if diagnostics else empty,
                         deviations(done, design, of={estimand.code for estimand in _estimands(design)}))


def _asked(read: Read | None, design: Design) -> list[_Asked]:
    return [_Asked(estimand, benefit, horizon, _channel(estimand, design),
                   _trial_months(read.met, estimand, horizon, design) if read else range(0))
            for estimand in _estimands(design) for benefit in estimand.benefits for horizon in estimand.horizon_months]


def _benefits(design: Design) -> list[str]:
    return sorted({benefit for estimand in _estimands(design) for benefit in estimand.benefits})


def _estimands(design: Design) -> list[Estimand]:
    return [one for one in design.estimands if one.outcome in OUTCOMES and one.comparison == "not_yet_met"]


def _channel(estimand: Estimand, design: Design) -> str:
    return design.outreach_channels[0] if estimand.label == "causal_outreach" else "guichet"


def _trial_months(met: Met, estimand: Estimand, horizon: int, design: Design) -> range:
    """Trials of the cohort whose outcome lies in the calendar and before the last month that the design allows."""
    cohort = next(one for one in design.cohorts if one.code == estimand.cohort)
    first, last, limit = (_number(month) for month in (cohort.first_month, cohort.last_month,
                                                       design.last_outcome_month))
    return range(max(first - met.first_number, 1),
                 min(last, limit - horizon, met.last_number - horizon) - met.first_number + 1)


def _promoted(asked: _Asked, read: Read) -> Promoted | NotEstimable:
    if not len(asked.trial_months):
        return _absent(asked, "aucun essai n'a son résultat dans les mois observés")
    outcome, panel = OUTCOMES[asked.estimand.outcome], read.panels[asked.benefit_code]
    effect, = effects(panel, asked.trial_months, (asked.horizon,), of_channel=asked.channel, outcome=outcome)
    if isinstance(effect, NotEstimable):
        return effect
    labels = {row["benefit_code"]: row["benefit_label"] for row in reference("benefits")}
    found = diagnose(panel, asked.trial_months, effect, read.circumstances[asked.benefit_code],
                     placebos={f"Placebo : {labels[benefit]}": states for benefit, states in read.placebos.items()},
                     **_reforms(asked, read.met))
    return found if isinstance(found, NotEstimable) else promote(asked.estimand.code, effect, found)


def _reforms(asked: _Asked, met: Met) -> dict[str, dict]:
    """Reference quarter (methods 4.9): without the pilot departments; contacts of before it became general, alone."""
    shocks = reference("shocks")
    pilots = sorted({row["department_code"] for row in shocks if row["shock_code"] == "reference_quarter_pilot"})
    general = min(row["start_date"] for row in shocks if row["shock_code"] == "reference_quarter")
    before = range(asked.trial_months.start, min(asked.trial_months.stop, _number(general[:7]) - met.first_number))
    return {"schemes": {"Sans les départements pilotes du trimestre de référence": np.isin(met.department, pilots)},
            "periods": {f"Contacts antérieurs à {french.month(int(general[:7].replace('-', '')))}": before}
            if before else {}}


def _absent(asked: _Asked, why: str) -> NotEstimable:
    return NotEstimable(f"effet à {asked.horizon} mois", why)


def _row(asked: _Asked, found: Promoted | NotEstimable, design: Design) -> dict[str, object]:
    row = {"estimand_code": asked.estimand.code, "benefit_code": asked.benefit_code, "horizon_months": asked.horizon,
           "family_code": asked.estimand.family, "is_estimated": isinstance(found, Promoted)}
    if isinstance(found, NotEstimable):
        return {**row, "label": design.labels["not_identifiable"], "reasons": found.reason}
    low, high = (min((one.low for one in found.bounds), default=None), max((one.high for one in found.bounds),
                                                                           default=None))
    return {**found.estimate.to_frame().iloc[0].to_dict(), **row, "label": found.label,
            "is_bounds_only": found.verdict.is_bounds_only, "bounds_low": low, "bounds_high": high,
            "reasons": " ; ".join(found.verdict.reasons)}


def _done(asked: _Asked, found: Promoted | NotEstimable, read: Read | None, design: Design) -> Done:
    first = read.met.first_number if read else 0
    months = [_month(first + index) for index in (asked.trial_months[0], asked.trial_months[-1])] if len(
        asked.trial_months) else ["2024-01"] * 2
    label = found.verdict.label if isinstance(found, Promoted) else "not_identifiable"
    return Done(asked.estimand.code, asked.benefit_code, asked.horizon, asked.estimand.outcome,
                asked.estimand.comparison, *months, label, design.sha256, isinstance(found, Promoted))


def _number(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:]) - 1


def _month(number: int) -> str:
    return f"{number // 12}-{number % 12 + 1:02d}"
