"""Changes of scores from the working warehouse: counted rows, never persons, and the verdict of comparability of each.

Here: the reading of scores by territory, circumstances and answers, and the files of the lake. Not here: the change
(``change``), the comparability (``scale_outputs``). Only counts of equal rows are read, and nothing but estimates is
written.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from tznr_platform.estimation.change import COLUMNS, ESTIMAND, Change, score_change
from tznr_platform.estimation.design import load_design
from tznr_platform.estimation.multiplicity import adjusted_by_family
from tznr_platform.estimation.scale_outputs import MOMENTS, ScaleOutcome, scales_from_moments
from tznr_platform.estimation.verdict import NotEstimable, require_columns
from tznr_platform.settings import Settings
from tznr_platform.storage import lake, warehouse

FIRST_WAVE = "T0"
KEY = ["instrument_code", "instrument_version", "dimension_code", "wave_code"]
COVARIATES = ("channel_code", "family_code", "activity_code")
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
    """Changes of the scales whose waves may be compared; the others with their reason."""

    changes: tuple[Change, ...]
    not_estimable: tuple[NotEstimable, ...]

    def to_frame(self) -> pd.DataFrame:
        """One row a change, p-values corrected within the family of the persons' scales; empty without any."""
        if not self.changes:
            return pd.DataFrame()
        design = load_design()
        frame = pd.concat([one.to_frame() for one in self.changes], ignore_index=True)
        return adjusted_by_family(frame.assign(family_code=design.estimand(ESTIMAND).family), design)

    def tilt_frame(self) -> pd.DataFrame:
        """One row a change and assumption on those lost."""
        return pd.concat([pd.DataFrame(), *(one.tilts.assign(subject=one.subject) for one in self.changes)],
                         ignore_index=True)

    def explain(self) -> str:
        """A sentence a change, then the reasons."""
        return "\n".join([*(one.explain() for one in self.changes), *map(str, self.not_estimable)])


def changes_from_counts(counted: pd.DataFrame, scales: ScaleOutcome) -> ChangeOutcome:
    """Change from the first wave to each later one, among those who answered the first where the later one took place.

    ``counted``: rows of ``score_change`` with the scale and the later wave (``KEY``). Whoever is not due yet counts as
    lost, with the weights of those like them.
    """
    require_columns(counted, (*KEY, *COLUMNS, *COVARIATES), "évolution des scores")
    known = {(one.scale_code, one.waves): one for one in scales.comparabilities}
    found = []
    for key, rows in counted.groupby(KEY, observed=True, sort=True):
        instrument, version, dimension, wave = map(str, key)
        scale, waves = f"{instrument} {version}, {dimension}", (FIRST_WAVE, wave)
        unknown = NotEstimable(scale, "trop peu de réponses complètes aux deux vagues.")
        found.append(score_change(rows, f"{scale}, {FIRST_WAVE} à {wave}", known.get((scale, waves), unknown),
                                  covariates=COVARIATES))
    return ChangeOutcome(tuple(one for one in found if isinstance(one, Change)),
                         tuple(one for one in found if isinstance(one, NotEstimable)))


def write_changes(settings: Settings) -> ChangeOutcome:
    """Changes of the working warehouse, written to ``lake/estimates/scale_changes`` and ``scale_change_tilts``.

    Raises ``UserError`` STORAGE when there is no working warehouse or no room left.
    """
    with warehouse.connect(settings.working_file, settings=settings, read_only=True) as con:
        outcome = changes_from_counts(con.execute(COUNTED).df(), scales_from_moments(con.execute(MOMENTS).df()))
        for name, frame in (("scale_changes", outcome.to_frame()), ("scale_change_tilts", outcome.tilt_frame())):
            if len(frame):
                con.register("found", frame)
                lake.write_parquet(con, "select * from found", settings.lake_dir / "estimates" / f"{name}.parquet")
    return outcome
