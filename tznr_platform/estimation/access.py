"""Effects of a first contact on access, from the working warehouse to the lake: estimated, diagnosed, labelled.

Here: which effects the design asks for, in which months, and their tables. Not here: the estimator (``trials``), its
diagnostics (``access_diagnostics``), the reading (``access_panel``). Tables hold counts and effects, no person; small
counts are masked later, as all numbers are (``disclosure``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from tznr_platform import french
from tznr_platform.contracts import reference
from tznr_platform.estimation.access_diagnostics import (
    PILOTS,
    Circumstances,
    Sides,
    diagnose_from,
    effect_of,
    sides_of,
)
from tznr_platform.estimation.access_panel import Met, read_circumstances, read_met, read_panel, read_states
from tznr_platform.estimation.access_tables import (
    Asked,
    deviations_table,
    diagnostics_table,
    effects_table,
    paths_table,
    plot_rows,
    told_table,
)
from tznr_platform.estimation.design import Design, Estimand, load_design
from tznr_platform.estimation.deviations import Done, deviations
from tznr_platform.estimation.diagnostics import Promoted, promote
from tznr_platform.estimation.panel import AccessPanel
from tznr_platform.estimation.verdict import NotEstimable
from tznr_platform.settings import Settings
from tznr_platform.storage import warehouse
from tznr_platform.storage.estimates import marts_hash, write_estimates

if TYPE_CHECKING:
    import altair as alt

OUTCOMES = {"open_at_horizon": "open", "opened_by_horizon": "opened_by"}


@dataclass(frozen=True, eq=False)
class AccessOutcome:
    """``frame``: an effect a row, estimable or not; ``diagnostics``: long; ``paths``: a month a row; ``deviations``:
    French sentences, with the design they are measured against.
    """

    frame: pd.DataFrame
    diagnostics: pd.DataFrame
    paths: pd.DataFrame
    deviations: tuple[str, ...]
    design: Design

    def tables(self) -> dict[str, pd.DataFrame]:
        """The files of the lake, by name."""
        return {"access_effects": self.frame, "access_diagnostics": self.diagnostics, "access_paths": self.paths,
                "access_deviations": deviations_table(self.deviations, self.design)}

    @property
    def estimated_count(self) -> int:
        return int(self.frame["is_estimated"].sum())

    @property
    def not_estimable_count(self) -> int:
        return len(self.frame) - self.estimated_count

    def told(self, smallest: int) -> pd.DataFrame:
        """For the interface, in French: every effect under its label, in points; few persons behind it: no number."""
        return told_table(self.frame, self.design, smallest)

    def plot(self, smallest: int) -> alt.Chart:
        """Effects and intervals, those of too few persons left out."""
        from tznr_platform.estimation.interval_chart import interval_chart

        rows = plot_rows(self.frame, self.design, smallest)
        return interval_chart(rows, label="label", value="estimate", low="low", high="high",
                              axis="Différence de part", title="Droit ouvert : avec contact, moins sans contact")


@dataclass(frozen=True, eq=False)
class Read:
    """What was read: persons, then by benefit the panel, what is not seen, and the states of the placebos."""

    met: Met
    panels: Mapping[str, AccessPanel]
    circumstances: Mapping[str, Circumstances]
    placebos: Mapping[str, np.ndarray]


def write_access(settings: Settings, *, design: Design | None = None) -> AccessOutcome:
    """Estimate every access effect of the design; write ``lake/estimates/access_*.parquet`` (``AccessOutcome.tables``).

    Raises ``UserError`` STORAGE when there is no working warehouse or no room left.
    """
    design = design or load_design()
    with warehouse.connect(settings.working_file, settings=settings, read_only=True) as con:
        met = read_met(con, design)
        read = None if met is None else Read(
            met, {benefit: read_panel(con, met, benefit) for benefit in _benefits(design)},
            {benefit: read_circumstances(con, settings, benefit, 0, design) for benefit in _benefits(design)},
            {benefit: read_states(con, met, benefit) for benefit in design.placebo_benefits})
        computed_from = marts_hash(con)
    outcome = access_effects(read, design)
    write_estimates(settings, outcome.tables(), computed_from)
    return outcome


def access_effects(read: Read | None, design: Design) -> AccessOutcome:
    """Every access effect of the design, from the panels of its benefits; nobody met (None): none is estimable."""
    everything = _asked(read, design)
    answers = list(zip(everything, _found(everything, read), strict=True))
    done = [_done(asked, found, read, design) for asked, found in answers]
    return AccessOutcome(effects_table(answers, design), diagnostics_table(answers), paths_table(answers),
                         deviations(done, design, of={estimand.code for estimand in _estimands(design)}), design)


def _asked(read: Read | None, design: Design) -> list[Asked]:
    return [Asked(estimand, benefit, horizon, _channel(estimand, design),
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


def _found(everything: list[Asked], read: Read | None) -> list[Promoted | NotEstimable]:
    """What was asked, in that order; each benefit and channel is learnt once, and forgotten before the next."""
    if read is None:
        return [_absent(asked, "personne n'a été rencontré") for asked in everything]
    found: dict[int, Promoted | NotEstimable] = {}
    for benefit in sorted({asked.benefit_code for asked in everything}):
        whole = sides_of(read.panels[benefit], _placebos(read), _schemes(read.met))
        for channel in sorted({asked.channel for asked in everything}):
            sides = whole if isinstance(whole, NotEstimable) else whole.of_channel(channel)
            found |= {rank: _promoted(asked, sides, read) for rank, asked in enumerate(everything)
                      if (asked.benefit_code, asked.channel) == (benefit, channel)}
    return [found[rank] for rank in range(len(everything))]


def _promoted(asked: Asked, sides: Sides | NotEstimable, read: Read) -> Promoted | NotEstimable:
    if not len(asked.trial_months):
        return _absent(asked, "aucun essai n'a son résultat dans les mois observés")
    if isinstance(sides, NotEstimable):
        return _absent(asked, sides.reason)
    effect = effect_of(sides, asked.trial_months, asked.horizon, OUTCOMES[asked.estimand.outcome])
    if isinstance(effect, NotEstimable):
        return effect
    found = diagnose_from(sides, asked.trial_months, effect, read.circumstances[asked.benefit_code],
                          _periods(asked, read.met))
    return found if isinstance(found, NotEstimable) else promote(asked.estimand.code, effect, found)


def _placebos(read: Read) -> dict[str, np.ndarray]:
    labels = {row["benefit_code"]: row["benefit_label"] for row in reference("benefits")}
    return {f"Placebo : {labels[benefit]}": states for benefit, states in read.placebos.items()}


def _schemes(met: Met) -> dict[str, np.ndarray]:
    """Departments where the reference quarter was tried first (methods 4.9)."""
    pilots = sorted({row["department_code"] for row in reference("shocks")
                     if row["shock_code"] == "reference_quarter_pilot"})
    return {PILOTS: np.isin(met.department, pilots)}


def _periods(asked: Asked, met: Met) -> dict[str, range]:
    """Contacts of before the reference quarter became general, alone (methods 4.9)."""
    general = min(row["start_date"] for row in reference("shocks") if row["shock_code"] == "reference_quarter")
    before = range(asked.trial_months.start, min(asked.trial_months.stop, _number(general[:7]) - met.first_number))
    return {f"Contacts antérieurs à {french.month(int(general[:7].replace('-', '')))}": before} if before else {}


def _absent(asked: Asked, why: str) -> NotEstimable:
    return NotEstimable(f"effet à {asked.horizon} mois", why)


def _done(asked: Asked, found: Promoted | NotEstimable, read: Read | None, design: Design) -> Done:
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
