"""The path around first contact: differences month by month, before and after, against a fixed month before.

Here: the data of the display (-12..+18, universal base g-1; also -2 and -3 for anticipation), with their covariance,
from the stacked trials, and the placebo on dates. Not here: tests of the path before contact and their power
(``pretrend``); the path is a display, never a proof that both groups would have moved alike.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from tznr_platform.errors import UserError
from tznr_platform.estimation.design import load_design
from tznr_platform.estimation.interval import student_reach
from tznr_platform.estimation.nuisance import one_thread
from tznr_platform.estimation.panel import UNKNOWN, AccessPanel
from tznr_platform.estimation.stacking import Compared, Trials, jackknife_covariance, prepare
from tznr_platform.estimation.verdict import NotEstimable

if TYPE_CHECKING:
    import altair as alt

BEFORE, AFTER, BASE, PRETENDED = 12, 18, -1, 6
SUBJECT, OUTSIDE = "chemin autour du contact", "les mois observés ne couvrent pas le chemin demandé"


@dataclass(frozen=True, eq=False)
class AccessPath:
    """Differences of the share open, contact minus no contact, by month since contact, less that of ``base``.

    Arrays of k months, the base left out, and their covariance (k x k, jackknife over ``cluster_count`` clusters).
    """

    months: np.ndarray
    estimate: np.ndarray
    covariance: np.ndarray
    base: int
    cluster_count: int
    contacted_count: int
    design_sha256: str

    @property
    def before(self) -> np.ndarray:
        """Which months precede the base (mask)."""
        return self.months < self.base

    def to_frame(self) -> pd.DataFrame:
        """One row a month, the base at zero: month, estimate, standard_error, low, high."""
        error = np.sqrt(np.diag(self.covariance))
        reach = student_reach(self.cluster_count) * error
        rows = pd.DataFrame({"month": self.months, "estimate": self.estimate, "standard_error": error,
                             "low": self.estimate - reach, "high": self.estimate + reach})
        base = pd.DataFrame([{"month": self.base, **dict.fromkeys(rows.columns[1:], 0.0)}])
        return pd.concat([rows, base]).sort_values("month", ignore_index=True)

    def plot(self) -> alt.Chart:
        """Estimates and intervals by month since contact."""
        from tznr_platform.estimation.path_chart import path_chart

        return path_chart(self.to_frame().assign(arm_label="Écart"), title="Écart au mois de base")

    def explain(self) -> str:
        """What the picture shows and does not prove, in French."""
        return (f"Écart entre personnes rencontrées et non rencontrées, chaque mois, moins celui du mois {self.base}. "
                "Un passé plat ne prouve pas que les deux groupes auraient évolué de même : un effet très biaisé peut "
                "en avoir un.")


def event_study(panel: AccessPanel, trial_months: range, *, before: int = BEFORE, after: int = AFTER, base: int = BASE,
                through: int | None = None, **options) -> AccessPath | NotEstimable:
    """Path of the panel's outcome; ``options`` of ``prepare``. ``base``: -1, -2 or -3.

    ``through``: controls are unmet that many months for every month of the path (default: as each month needs).
    Not estimable when the months leave the panel, or when too few of the met have six known months before (methods F3).
    """
    if not len(panel):
        return NotEstimable(SUBJECT, "la cohorte est vide")
    if not _covers(panel, trial_months, before, after):
        return NotEstimable(SUBJECT, OUTSIDE)
    trials = prepare(panel, trial_months, **options)
    if isinstance(trials, NotEstimable):
        return NotEstimable(SUBJECT, trials.reason)
    return path_of(trials, before=before, after=after, base=base, through=through)


def path_of(trials: Trials, *, before: int = BEFORE, after: int = AFTER, base: int = BASE,
            through: int | None = None) -> AccessPath | NotEstimable:
    """The same from prepared trials."""
    if base not in (-1, -2, -3):
        raise UserError(f"Mois de base inconnu : {base}.", where=SUBJECT, why="la base est -1, -2 ou -3",
                        remedy="choisir l'un d'eux")
    if not _covers(trials.panel, trials.trial_months, before, after):
        return NotEstimable(SUBJECT, OUTSIDE)
    if refused := _coverage_refusal(trials):
        return refused
    months = [month for month in range(-before, after + 1) if month != base]
    with one_thread():
        found = {month: trials.compared(month, through=through) for month in [*months, base]}
    failed = [one for one in found.values() if isinstance(one, NotEstimable)]
    return NotEstimable(SUBJECT, failed[0].reason) if failed else _path(found, months, base)


def date_placebo(panel: AccessPanel, trial_months: range, *, months: int = PRETENDED,
                 **options) -> Compared | NotEstimable:
    """Effect of a contact pretended ``months`` months early, seen one month before the true one: it should be none.

    Persons are at risk and alike in the month before the pretended contact; those really met by then are left out.
    """
    if not len(panel) or not len(trial_months) or min(trial_months) <= months:
        return NotEstimable(f"placebo de date ({months} mois)", "les mois observés ne remontent pas assez loin")
    return pretended_effect(prepare(pretended(panel, months), earlier(trial_months, months), **options), months)


def pretended(panel: AccessPanel, months: int = PRETENDED) -> AccessPanel:
    """The panel with every contact ``months`` months early."""
    return replace(panel, contact=np.where(panel.contact < panel.months, panel.contact - months, panel.contact))


def earlier(trial_months: range, months: int = PRETENDED) -> range:
    return range(trial_months.start - months, trial_months.stop - months)


def pretended_effect(early: Trials | NotEstimable, months: int = PRETENDED) -> Compared | NotEstimable:
    """Effect of the pretended contacts of prepared trials, seen one month before the true ones."""
    if isinstance(early, NotEstimable):
        return NotEstimable(f"placebo de date ({months} mois)", early.reason)
    with one_thread():
        return early.compared(months - 1)


def _covers(panel: AccessPanel, trial_months: range, before: int, after: int) -> bool:
    return bool(trial_months) and min(trial_months) >= before and max(trial_months) + after < panel.months


def pre_months_share(trials: Trials) -> float:
    """Share of the met whose outcome is known in each of the six months before contact."""
    needed = load_design().rules.pre_months
    known = total = 0
    for pair in trials.pairs(0):
        window = trials.panel.is_open[pair.treated, max(pair.month - needed, 0):pair.month]
        total += len(pair.treated)
        known += int((window != UNKNOWN).all(axis=1).sum()) if pair.month >= needed else 0
    return known / total if total else 0.0


def _coverage_refusal(trials: Trials) -> NotEstimable | None:
    rules = load_design().rules
    if pre_months_share(trials) < rules.pre_months_share:
        return NotEstimable(SUBJECT, f"moins de {rules.pre_months_share:.0%} des personnes rencontrées ont "
                                     f"{rules.pre_months} mois connus avant le contact")
    return None


def _path(found: dict[int, Compared], months: list[int], base: int) -> AccessPath:
    estimate = np.array([found[month].estimate - found[base].estimate for month in months])
    left_out = np.column_stack([found[month].left_out - found[base].left_out for month in months])
    return AccessPath(np.array(months), estimate, jackknife_covariance(left_out, estimate), base, len(left_out),
                      int(found[base].contacted), load_design().sha256)
