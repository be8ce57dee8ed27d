"""Changes of professional practices among the same professionals, those who were lost being accounted for.

Here: the reading of counted answers from the working warehouse, by practice and later wave, and the file of the lake.
Not here: the change itself (``change``), everyone who answered a wave (``mart_practices``). A professional is followed
within a territory; a change before / after is never an effect of the programme.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from tznr_platform.estimation.change import COLUMNS, Change, item_change
from tznr_platform.estimation.design import Design, load_design
from tznr_platform.estimation.multiplicity import adjusted_by_family
from tznr_platform.estimation.results import VERDICT, typed
from tznr_platform.estimation.verdict import NotEstimable, require_columns
from tznr_platform.settings import Settings
from tznr_platform.storage import warehouse
from tznr_platform.storage.estimates import marts_hash, write_estimates

if TYPE_CHECKING:
    import altair as alt

ESTIMAND, FIRST_WAVE = "practice_change", "V1"
KEY = ["practice_code", "wave_code"]
COVARIATES = ("employer_type_code",)
CHANGES = {
    **dict.fromkeys(KEY, "string"), "professional_count": "Int64", "paired_count": "Int64", **dict.fromkeys((
        "estimate", "standard_error", "low", "high", "p_value", "adjusted_p_value", "unweighted", "first_mean",
        "effective_count", "tipping_delta"), "Float64"),
    "territory_count": "Int64", "label": "string", **VERDICT, "design_sha256": "string"}
COUNTED = f"""
with later as (
    select distinct territory_code, practice_code, wave_code
    from intermediate.int_practice_level where wave_code > '{FIRST_WAVE}' and practice_level is not null
)
select later.practice_code, later.wave_code, first.territory_code, first.employer_type_code,
    first.practice_level as first_score, last.practice_level as last_score, count(*) as person_count
from intermediate.int_practice_level as first
join later using (territory_code, practice_code)
left join intermediate.int_practice_level as last
    on last.territory_code = first.territory_code and last.professional_code = first.professional_code
    and last.practice_code = first.practice_code and last.wave_code = later.wave_code
where first.wave_code = '{FIRST_WAVE}' and first.practice_level is not null
group by all
order by all
"""


@dataclass(frozen=True, eq=False)
class PracticeOutcome:
    """By practice and later wave: the change or the reason; professionals of the first wave, and of both."""

    by_practice: Mapping[tuple[str, str], Change | NotEstimable]
    counts: Mapping[tuple[str, str], tuple[int, int]]

    @property
    def not_estimable(self) -> tuple[NotEstimable, ...]:
        return tuple(one for one in self.by_practice.values() if isinstance(one, NotEstimable))

    def to_frame(self) -> pd.DataFrame:
        """One row a practice and later wave, p-values corrected within the family of professionals; or why not."""
        design = load_design()
        rows = [self._row(key, found, design) for key, found in self.by_practice.items()]
        frame = pd.DataFrame(rows, columns=[*CHANGES, "family_code"]).astype({"p_value": "float64"})
        return typed(adjusted_by_family(frame, design), CHANGES)

    def _row(self, key: tuple[str, str], found: Change | NotEstimable, design: Design) -> dict:
        asked, paired = self.counts[key]
        known = {**dict(zip(KEY, key, strict=True)), "professional_count": asked, "paired_count": paired,
                 "is_estimated": isinstance(found, Change), "label": design.label(ESTIMAND),
                 "design_sha256": design.sha256, "family_code": design.estimand(ESTIMAND).family}
        if isinstance(found, NotEstimable):
            return {**known, "reason": found.reason}
        return {**found.to_frame().iloc[0].to_dict(), **known}

    def plot(self, smallest: int = 0) -> alt.Chart:
        """Changes of level with their intervals, of at least ``smallest`` professionals who answered twice."""
        from tznr_platform.estimation.interval_chart import interval_chart

        frame = self.to_frame()
        rows = frame[frame["is_estimated"] & (frame["paired_count"] >= smallest)]
        return interval_chart(rows.assign(title=rows["practice_code"] + " " + rows["wave_code"]), label="title",
                              value="estimate", low="low", high="high", axis="Niveau, de 0 à 4",
                              title="Évolution des pratiques, sans groupe de comparaison")

    def explain(self) -> str:
        """A sentence a change or reason, in French."""
        return "\n".join(one.explain() if isinstance(one, Change) else str(one) for one in self.by_practice.values())


def practice_changes(counted: pd.DataFrame) -> PracticeOutcome:
    """Change of each practice from the first wave to each later one, weighted for those who did not answer again.

    ``counted``: rows of ``item_change`` with the practice and the later wave (``KEY``) and the type of employer.
    """
    require_columns(counted, (*KEY, *COLUMNS, *COVARIATES), "évolution des pratiques")
    found, counts = {}, {}
    for words, rows in counted.groupby(KEY, observed=True, sort=True):
        practice, wave = map(str, words)
        found[practice, wave] = item_change(rows, f"{practice}, {FIRST_WAVE} à {wave}", covariates=COVARIATES)
        counts[practice, wave] = (int(rows["person_count"].sum()),
                                  int(rows.loc[rows["last_score"].notna(), "person_count"].sum()))
    return PracticeOutcome(found, counts)


def write_practices(settings: Settings) -> PracticeOutcome:
    """Changes of practices of the working warehouse, written to ``lake/estimates/practice_changes``.

    Raises ``UserError`` STORAGE when there is no working warehouse or no room left.
    """
    with warehouse.connect(settings.working_file, settings=settings, read_only=True) as con:
        outcome, computed_from = practice_changes(con.execute(COUNTED).df()), marts_hash(con)
    write_estimates(settings, {"practice_changes": outcome.to_frame()}, computed_from)
    return outcome
