"""Changes of scores from the working warehouse: counted rows, never persons, and the verdict of comparability of each.

Here: the reading of scores by territory, circumstances and answers, and the files of the lake. Not here: the change
(``change``), the comparability (``scale_outputs``). Only counts of equal rows are read, and nothing but estimates is
written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from tznr_platform.estimation.change import COLUMNS, ESTIMAND, Change, score_change
from tznr_platform.estimation.design import Design, load_design
from tznr_platform.estimation.multiplicity import adjusted_by_family
from tznr_platform.estimation.results import VERDICT, typed
from tznr_platform.estimation.scale_outputs import FIRST_WAVE, MOMENTS, ScaleOutcome, scales_from_moments
from tznr_platform.estimation.verdict import NotEstimable, require_columns
from tznr_platform.settings import Settings
from tznr_platform.storage import warehouse
from tznr_platform.storage.estimates import marts_hash, write_estimates

if TYPE_CHECKING:
    import altair as alt

KEY = ["instrument_code", "instrument_version", "dimension_code", "wave_code"]
COVARIATES = ("channel_code", "family_code", "activity_code")
CHANGES = {
    **dict.fromkeys(KEY, "string"), "person_count": "Int64", "paired_count": "Int64", "estimate": "Float64",
    "standard_error": "Float64", "low": "Float64", "high": "Float64", "p_value": "Float64",
    "adjusted_p_value": "Float64", "standardised": "Float64", "unweighted": "Float64", "first_mean": "Float64",
    "first_deviation": "Float64", "lost_share": "Float64", "effective_count": "Float64", "largest_weight": "Float64",
    "tipping_delta": "Float64", "territory_count": "Int64", "label": "string", **VERDICT, "design_sha256": "string"}
TILTED = {**dict.fromkeys(KEY, "string"), "delta": "Float64", "estimate": "Float64", "low": "Float64",
          "high": "Float64"}
COUNTED = f"""
with later as (
    select distinct territory_code, instrument_code, instrument_version, dimension_code, wave_code
    from intermediate.int_scale_score where wave_code > '{FIRST_WAVE}' and territory_code <> 'FR'
)
select later.instrument_code, later.instrument_version, later.dimension_code, later.wave_code, first.territory_code,
    contacts.channel_code, persons.family_code, persons.activity_code,
    first.score as first_score, last.score as last_score, count(*) as person_count
from intermediate.int_scale_score as first
join later using (territory_code, instrument_code, instrument_version, dimension_code)
join intermediate.int_person_contact as contacts using (territory_code, person_id)
join staging.stg_personnes as persons using (territory_code, person_id)
left join intermediate.int_scale_score as last
    on last.territory_code = first.territory_code and last.person_id = first.person_id
    and last.instrument_code = first.instrument_code and last.instrument_version = first.instrument_version
    and last.dimension_code = first.dimension_code and last.wave_code = later.wave_code
where first.wave_code = '{FIRST_WAVE}'
group by all
order by all
"""


@dataclass(frozen=True, eq=False)
class ChangeOutcome:
    """By scale and later wave (``KEY``): the change where the waves may be compared, or the reason; persons counted.

    ``person_counts``: who answered the first wave where the later one took place, and who answered both.
    """

    by_scale: Mapping[tuple[str, ...], Change | NotEstimable]
    person_counts: Mapping[tuple[str, ...], tuple[int, int]]

    @property
    def changes(self) -> tuple[Change, ...]:
        return tuple(one for one in self.by_scale.values() if isinstance(one, Change))

    @property
    def not_estimable(self) -> tuple[NotEstimable, ...]:
        return tuple(one for one in self.by_scale.values() if isinstance(one, NotEstimable))

    def to_frame(self) -> pd.DataFrame:
        """One row a change, p-values corrected within the family of the persons' scales; or one that says why not."""
        design = load_design()
        rows = [self._row(key, found, design) for key, found in self.by_scale.items()]
        frame = pd.DataFrame(rows, columns=[*CHANGES, "family_code"]).astype({"p_value": "float64"})
        return typed(adjusted_by_family(frame, design), CHANGES)

    def _row(self, key: tuple[str, ...], found: Change | NotEstimable, design: Design) -> dict:
        persons, paired = self.person_counts[key]
        known = {**dict(zip(KEY, key, strict=True)), "person_count": persons, "paired_count": paired,
                 "is_estimated": isinstance(found, Change), "label": design.label(ESTIMAND),
                 "design_sha256": design.sha256, "family_code": design.estimand(ESTIMAND).family}
        if isinstance(found, NotEstimable):
            return {**known, "reason": found.reason}
        return {**found.to_frame().iloc[0].to_dict(), **known}

    def tilt_frame(self) -> pd.DataFrame:
        """One row a change and assumption on those lost."""
        return typed([{**dict(zip(KEY, key, strict=True)), **row} for key, found in self.by_scale.items()
                      if isinstance(found, Change) for row in found.tilts.to_dict("records")], TILTED)

    def plot(self, smallest: int = 0) -> alt.Chart:
        """Changes in standard deviations of the first wave, of at least ``smallest`` persons who answered twice."""
        from tznr_platform.estimation.interval_chart import interval_chart

        rows = pd.DataFrame([(one.subject, one.standardised, one.low / one.first_deviation,
                              one.high / one.first_deviation) for one in self.changes if one.paired_count >= smallest],
                            columns=["label", "value", "low", "high"])
        return interval_chart(rows, label="label", value="value", low="low", high="high",
                              title="Évolution des scores, sans groupe de comparaison", axis="Écarts-types")

    def explain(self) -> str:
        """A sentence a change, then the reasons."""
        return "\n".join([*(one.explain() for one in self.changes), *map(str, self.not_estimable)])


def changes_from_counts(counted: pd.DataFrame, scales: ScaleOutcome) -> ChangeOutcome:
    """Change from the first wave to each later one, among those who answered the first where the later one took place.

    ``counted``: rows of ``score_change`` with the scale and the later wave (``KEY``). Whoever is not due yet counts as
    lost, with the weights of those like them.
    """
    require_columns(counted, (*KEY, *COLUMNS, *COVARIATES), "évolution des scores")
    found, counts = {}, {}
    for words, rows in counted.groupby(KEY, observed=True, sort=True):
        key = tuple(map(str, words))
        scale, wave = key[:3], key[3]
        subject = f"{scale[0]} {scale[1]}, {scale[2]}, {FIRST_WAVE} à {wave}"
        refused = scales.refusal(scale, wave) or scales.refusal(scale, FIRST_WAVE)
        found[key] = NotEstimable(subject, refused) if refused else score_change(
            rows, subject, scales.by_scale[*scale, FIRST_WAVE, wave], covariates=COVARIATES)
        counts[key] = int(rows["person_count"].sum()), int(rows.loc[rows["last_score"].notna(), "person_count"].sum())
    return ChangeOutcome(found, counts)


def write_changes(settings: Settings) -> ChangeOutcome:
    """Changes of the working warehouse, written to ``lake/estimates/scale_changes`` and ``scale_change_tilts``.

    Raises ``UserError`` STORAGE when there is no working warehouse or no room left.
    """
    with warehouse.connect(settings.working_file, settings=settings, read_only=True) as con:
        outcome = changes_from_counts(con.execute(COUNTED).df(), scales_from_moments(con.execute(MOMENTS).df()))
        computed_from = marts_hash(con)
    write_estimates(settings, {"scale_changes": outcome.to_frame(), "scale_change_tilts": outcome.tilt_frame()},
                    computed_from)
    return outcome
