"""Scales from published marts: reliability of every wave, comparability of every pair, and the means they allow.

Here: the reading of ``mart_scale_moments`` and ``mart_scales``, the gates between a mean and its reader, the files of
the lake. Not here: the coefficients (``scales``, ``invariance``), which know neither files nor settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from tznr_platform.estimation.invariance import Invariance, invariance_from_moments
from tznr_platform.estimation.results import VERDICT, typed
from tznr_platform.estimation.scales import BANDS, Reliability, reliability_from_covariance
from tznr_platform.estimation.verdict import NotEstimable, require_columns
from tznr_platform.settings import Settings
from tznr_platform.storage import warehouse
from tznr_platform.storage.estimates import marts_hash, write_estimates

if TYPE_CHECKING:
    import altair as alt

SCALE = ("instrument_code", "instrument_version", "dimension_code")
KEY = [*SCALE, "first_wave_code", "last_wave_code"]
SIDES = ["wave_code", "item_code"], ["other_wave_code", "other_item_code"]
COLUMNS = (*KEY, *SIDES[0], *SIDES[1], "respondent_count", "item_mean", "item_covariance")
MOMENTS = f"select {', '.join(COLUMNS)} from marts.mart_scale_moments"
DESCRIBED = ("respondent_count", "score_mean", "score_sd", "floor_share", "ceiling_share")
SCORES = f"select {', '.join((*SCALE, 'wave_code', *DESCRIBED))} from marts.mart_scales where territory_code = 'FR'"
FIRST_WAVE, NOT_COMPARABLE = "T0", "non comparable"
_SCALE = dict.fromkeys(SCALE, "string")
RELIABILITIES = {
    **_SCALE, "wave_code": "string", "item_code": "string", "item_rest_correlation": "Float64",
    "respondent_count": "Int64", "alpha_raw": "Float64", "alpha_low": "Float64", "alpha_high": "Float64",
    "alpha_standardised": "Float64", "omega_total": "Float64", "band_code": "string", **VERDICT,
    "design_sha256": "string"}
COMPARABILITIES = {
    **_SCALE, "first_wave_code": "string", "last_wave_code": "string", "step_code": "string", "chi_square": "Float64",
    "degrees": "Int64", "cfi": "Float64", "cfi_loss": "Float64", "rmsea": "Float64", "respondent_count": "Int64",
    "reached_code": "string", **VERDICT, "design_sha256": "string"}
MEANS = {
    **_SCALE, "wave_code": "string", "respondent_count": "Int64", "score_mean": "Float64", "score_sd": "Float64",
    "floor_share": "Float64", "ceiling_share": "Float64", "complete_count": "Int64", "alpha_raw": "Float64",
    "omega_total": "Float64", "band_code": "string", **VERDICT}
Key = tuple[str, str, str, str, str]


@dataclass(frozen=True, eq=False)
class ScaleOutcome:
    """By scale and waves (``KEY``; one wave twice for itself): reliability or comparability, or why not; counts."""

    by_scale: Mapping[Key, Reliability | Invariance | NotEstimable]
    complete_counts: Mapping[Key, int]

    @property
    def reliabilities(self) -> tuple[Reliability, ...]:
        return tuple(one for one in self.by_scale.values() if isinstance(one, Reliability))

    @property
    def comparabilities(self) -> tuple[Invariance, ...]:
        return tuple(one for one in self.by_scale.values() if isinstance(one, Invariance))

    @property
    def not_estimable(self) -> tuple[NotEstimable, ...]:
        return tuple(one for one in self.by_scale.values() if isinstance(one, NotEstimable))

    def to_frame(self) -> pd.DataFrame:
        """Reliability: one row a scale, wave and item, or one that says why not."""
        return self._frame(RELIABILITIES, is_one_wave=True)

    def comparability_frame(self) -> pd.DataFrame:
        """Comparability: one row a scale, pair of waves and model, or one that says why not."""
        return self._frame(COMPARABILITIES, is_one_wave=False)

    def means_frame(self, scores: pd.DataFrame) -> pd.DataFrame:
        """Means that may be read: those of reliable scales, after the first wave only where they are comparable.

        ``scores``: the nation in ``mart_scales`` (``DESCRIBED``). A mean that may not be read is empty, with the
        reason.
        """
        require_columns(scores, (*SCALE, "wave_code", *DESCRIBED), "scores moyens")
        rows = []
        for row in scores.sort_values([*SCALE, "wave_code"]).to_dict("records"):
            scale, wave = tuple(str(row[name]) for name in SCALE), str(row["wave_code"])
            found, reason = self.by_scale.get((*scale, wave, wave)), self.refusal(scale, wave)
            known = vars(found) if isinstance(found, Reliability) else {}
            kept = {name: None for name in ("score_mean", "score_sd", "floor_share", "ceiling_share")} if reason else {}
            rows.append({**known, **row, **kept, "complete_count": self.complete_counts.get((*scale, wave, wave)),
                         "is_estimated": reason is None, "reason": reason})
        return typed(rows, MEANS)

    def refusal(self, scale: tuple[str, ...], wave: str) -> str | None:
        """Why the mean of a wave may not be read; None where it may."""
        own = self.by_scale.get((*scale, wave, wave))
        if own is None:
            return "fiabilité inconnue : aucune réponse complète"
        if isinstance(own, NotEstimable):
            return f"fiabilité non estimable : {own.reason}"
        if not own.allows_score:
            return BANDS[own.band_code]
        pair = self.by_scale.get((*scale, FIRST_WAVE, wave))
        if wave == FIRST_WAVE or (isinstance(pair, Invariance) and pair.allows_means):
            return None
        return f"{NOT_COMPARABLE} avec {FIRST_WAVE}" + (f" : {pair.reason}" if isinstance(pair, NotEstimable) else "")

    def _frame(self, types: Mapping[str, str], *, is_one_wave: bool) -> pd.DataFrame:
        rows = []
        for key, found in self.by_scale.items():
            if (key[3] == key[4]) is not is_one_wave:
                continue
            known = {**dict(zip(KEY, key, strict=True)), "wave_code": key[4],
                     "respondent_count": self.complete_counts[key], "is_estimated": not isinstance(found, NotEstimable)}
            rows += [{**known, "reason": found.reason}] if isinstance(found, NotEstimable) \
                else [{**row, **known} for row in found.to_frame().to_dict("records")]
        return typed(rows, types)

    def plot(self, smallest: int = 0) -> alt.Chart:
        """Alpha of every scale and wave with its interval, against the limit under which only items are read."""
        from tznr_platform.estimation.design import load_design
        from tznr_platform.estimation.interval_chart import interval_chart

        frame = self.to_frame().drop_duplicates([*SCALE, "wave_code"])
        rows = frame[frame["is_estimated"] & (frame["respondent_count"] >= smallest)]
        rows = rows.assign(label=rows[[*SCALE, "wave_code"]].agg(" ".join, axis=1) if len(rows) else "")
        return interval_chart(rows, label="label", value="alpha_raw", low="alpha_low", high="alpha_high",
                              title="Fiabilité des échelles", axis="Alpha de Cronbach",
                              nothing=load_design().scale_bands.items_only_below)

    def explain(self) -> str:
        """A sentence a scale and wave, then a pair of waves, then what could not be estimated."""
        return "\n".join([one.explain() for one in (*self.reliabilities, *self.comparabilities)]
                         + [str(one) for one in self.not_estimable])


def scales_from_moments(moments: pd.DataFrame) -> ScaleOutcome:
    """Every scale of ``mart_scale_moments``, in the order of their codes; reversed items are already turned there."""
    require_columns(moments, COLUMNS, "moments des items")
    groups = {tuple(map(str, key)): rows for key, rows in moments.groupby(KEY, observed=True, sort=True)}
    return ScaleOutcome({key: _estimated(key, rows) for key, rows in groups.items()},
                        {key: int(rows["respondent_count"].iloc[0]) for key, rows in groups.items()})


def _estimated(key: Key, rows: pd.DataFrame) -> Reliability | Invariance | NotEstimable:
    instrument, version, dimension, first, last = key
    name, count = f"{instrument} {version}, {dimension}", int(rows["respondent_count"].iloc[0])
    covariance = rows.pivot(index=SIDES[0], columns=SIDES[1], values="item_covariance")
    covariance = covariance.sort_index().sort_index(axis=1)
    items = list(dict.fromkeys(covariance.index.get_level_values(1)))
    if first == last:
        return reliability_from_covariance(f"{name}, {first}", items, covariance.to_numpy(), count)
    if covariance.shape != (2 * len(items), 2 * len(items)):
        return NotEstimable(name, "les deux vagues n'ont pas les mêmes items.")
    means = rows.groupby(SIDES[0])["item_mean"].first().loc[covariance.index].to_numpy().reshape(2, -1)
    return invariance_from_moments(name, (first, last), means=means, covariance=covariance.to_numpy(),
                                   respondent_count=count)


def write_scales(settings: Settings) -> ScaleOutcome:
    """Scales of the published warehouse: ``lake/estimates/scale_reliability``, ``_comparability`` and ``_means``.

    Raises ``UserError`` STORAGE when there is no published warehouse or no room left.
    """
    with warehouse.connect(settings.published_file, settings=settings, read_only=True) as con:
        outcome, scores = scales_from_moments(con.execute(MOMENTS).df()), con.execute(SCORES).df()
        computed_from = marts_hash(con)
    write_estimates(settings, {"scale_reliability": outcome.to_frame(),
                               "scale_comparability": outcome.comparability_frame(),
                               "scale_means": outcome.means_frame(scores)}, computed_from)
    return outcome
