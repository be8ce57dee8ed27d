"""Effects on access as tables: one row an effect with the numbers of its diagnostics beside it, paths, deviations.

Here: which number of which record stands in which column. Not here: what is estimated (``access``), what of it may be
shown (``disclosure``). Nothing of a person is in them, but counts that are small until they are masked.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from tznr_platform.estimation.access_diagnostics import PILOTS
from tznr_platform.estimation.design import Design, Estimand
from tznr_platform.estimation.diagnostics import Diagnostics, Promoted
from tznr_platform.estimation.event_study import AccessPath
from tznr_platform.estimation.multiplicity import adjusted_by_family
from tznr_platform.estimation.verdict import NotEstimable

KEY = ("estimand_code", "benefit_code", "horizon_months")
COUNTS = ("contacted_count", "supported_count", "opened_count")
PATH = ("month", "estimate", "low", "high")
CHECKS = ("date_placebo", "outcome_placebo", "pilots_left_out", "before_reform")
BOUNDS = ("match_error", "reporting_delay", "missing_territories", "objections")
WORDS = (*KEY, "family_code", "is_estimated", "is_bounds_only", "label", "reasons", "channel_code", "outcome_code",
         "design_sha256")
NUMBERS = (*COUNTS, "estimate", "low", "high", "p_value", "standard_error", "open_share", "counterfactual_share",
           "bounds_low", "bounds_high", "supported_share", "known_share", "effective_controls", "control_count",
           "cluster_count", "lowest_left_out", "highest_left_out", "worst_difference_before", "worst_difference",
           "effective_share", "pre_p_value", "pre_power", "pre_missed_bias", "breakdown_magnitude", "breakdown_slope",
           "e_value", "e_value_limit", "selection_delta",
           *(f"{name}_{end}" for name in (*CHECKS, *BOUNDS) for end in ("estimate", "low", "high")))


@dataclass(frozen=True)
class Asked:
    """One effect that the design asks for, and the trials that may answer."""

    estimand: Estimand
    benefit_code: str
    horizon: int
    channel: str
    trial_months: range


Answer = tuple[Asked, Promoted | NotEstimable]


def effects_table(answers: list[Answer], design: Design) -> pd.DataFrame:
    """One row an effect of the design, estimable or not, in its order; p-values corrected within their family."""
    frame = pd.DataFrame([_row(asked, found, design) for asked, found in answers],
                         columns=[*WORDS, *NUMBERS]).astype(dict.fromkeys(NUMBERS, "float64"))
    whole = {"horizon_months": "int64", "is_estimated": bool, "is_bounds_only": bool}
    return adjusted_by_family(frame.astype(whole), design)


def diagnostics_table(answers: list[Answer]) -> pd.DataFrame:
    """Long: every number of every diagnostic, and the reason of each that could not be measured."""
    frames = [found.diagnostics.to_frame().assign(**_key(asked)) for asked, found in answers
              if isinstance(found, Promoted)]
    empty = pd.DataFrame(columns=["diagnostic_code", "title", "item", "value", "reason", *KEY]).astype(
        {"value": "float64", "horizon_months": "int64"})
    return pd.concat(frames, ignore_index=True) if frames else empty


def paths_table(answers: list[Answer]) -> pd.DataFrame:
    """One row an effect and month since contact, with the counts behind it."""
    frames = [found.diagnostics.path.to_frame()[list(PATH)].assign(
                  **_key(asked), **_counts(found), is_bounds_only=found.verdict.is_bounds_only)
              for asked, found in answers
              if isinstance(found, Promoted) and isinstance(found.diagnostics.path, AccessPath)]
    empty = pd.DataFrame(columns=[*PATH, *KEY, *COUNTS, "is_bounds_only"]).astype("float64").astype(
        {**dict.fromkeys(KEY[:2], str), "is_bounds_only": bool})
    return pd.concat(frames, ignore_index=True).astype({"month": "int64"}) if frames else empty


def deviations_table(deviations: tuple[str, ...], design: Design) -> pd.DataFrame:
    """One row a sentence, with the hash of the design; rank 0 is the design itself."""
    said = [f"Protocole version {design.version}", *deviations]
    return pd.DataFrame({"rank": range(len(said)), "sentence": said, "design_sha256": design.sha256})


def told_table(frame: pd.DataFrame, design: Design, smallest: int) -> pd.DataFrame:
    """French table of ``effects_table``: no number where fewer than ``smallest`` persons stand behind it."""
    kept = _is_large(frame, smallest) & ~frame["is_bounds_only"]

    def points(name: str) -> pd.Series:
        return (100 * frame[name]).round(1).where(kept)

    return pd.DataFrame({
        "Quantité": frame["estimand_code"].map({one.code: one.title for one in design.estimands}),
        "Prestation": frame["benefit_code"], "Mois": frame["horizon_months"], "Étiquette": frame["label"],
        "Effet (points)": points("estimate"), "de": points("low"), "à": points("high"),
        "Raisons": frame["reasons"].where(~frame["is_estimated"] | _is_large(frame, smallest), "effectif trop petit")})


def plot_rows(frame: pd.DataFrame, design: Design, smallest: int) -> pd.DataFrame:
    """The effects that may be drawn, each under a short French label."""
    rows = frame[_is_large(frame, smallest) & ~frame["is_bounds_only"]]
    return rows.assign(label=[f"{design.estimand(code).title} · {benefit} · {horizon} mois" for code, benefit, horizon
                              in rows[list(KEY)].itertuples(index=False)])


def _is_large(frame: pd.DataFrame, smallest: int) -> pd.Series:
    """Enough persons with the entitlement, and enough without."""
    rest = frame["supported_count"] - frame["opened_count"]
    return (frame["opened_count"] >= smallest) & (rest >= smallest)


def _key(asked: Asked) -> dict[str, object]:
    return {"estimand_code": asked.estimand.code, "benefit_code": asked.benefit_code, "horizon_months": asked.horizon}


def _counts(found: Promoted) -> dict[str, int]:
    """Persons met whose outcome is known; of them, those with a comparison; of these, those with the entitlement."""
    effect = found.estimate
    supported = round(effect.contacted_count * effect.supported_share)
    return dict(zip(COUNTS, (effect.contacted_count, supported, round(effect.open_share * supported)), strict=True))


def _row(asked: Asked, found: Promoted | NotEstimable, design: Design) -> dict[str, object]:
    row = {**_key(asked), "family_code": asked.estimand.family, "is_estimated": isinstance(found, Promoted),
           "is_bounds_only": False, "channel_code": asked.channel, "outcome_code": asked.estimand.outcome,
           "design_sha256": design.sha256}
    if isinstance(found, NotEstimable):
        return {**row, "label": design.labels["not_identifiable"], "reasons": found.reason}
    low, high = (pick((end(one) for one in found.bounds), default=None)
                 for pick, end in ((min, lambda one: one.low), (max, lambda one: one.high)))
    return {**found.estimate.to_frame().iloc[0].to_dict(), **_counts(found), **row, "label": found.label,
            "is_bounds_only": found.verdict.is_bounds_only, "bounds_low": low, "bounds_high": high,
            "reasons": " ; ".join(found.verdict.reasons), **_summary(found.diagnostics)}


def _summary(said: Diagnostics) -> dict[str, float | None]:
    """The numbers of the diagnostics that a reader needs beside the effect; none where it could not be measured."""
    checks = (said.date_placebo, said.outcome_placebos[0], _left_out(said, pilots=True), _left_out(said, pilots=False))
    found = {
        "worst_difference_before": _of(said.balance, lambda one: max((abs(x) for x in one.before), default=0.0)),
        "worst_difference": _of(said.balance, lambda one: one.worst),
        "effective_share": _of(said.overlap, lambda one: one.effective_share),
        "pre_p_value": _of(said.pre_trend, lambda one: one.p_value),
        "pre_power": _of(said.pre_trend, lambda one: one.power_at_effect),
        "pre_missed_bias": _of(said.pre_trend, lambda one: abs(one.bias_half)),
        "breakdown_magnitude": _of(said.honest_magnitude, _breakdown),
        "breakdown_slope": _of(said.honest_smoothness, _breakdown),
        "e_value": _of(said.e_value, lambda one: one.point),
        "e_value_limit": _of(said.e_value, lambda one: one.limit),
        "selection_delta": _of(said.selection, lambda one: one.delta),
    }
    for name, part in (*zip(CHECKS, checks, strict=True), *((name, getattr(said, name)) for name in BOUNDS)):
        for end in ("estimate", "low", "high"):
            found[f"{name}_{end}"] = _of(part, lambda one, end=end: getattr(one, end, None))
    return found


def _breakdown(trends) -> float:
    """The size at which zero enters; the largest one tried when it never does."""
    if trends.original[0] <= 0 <= trends.original[1]:
        return 0.0
    return trends.largest_tried if trends.breakdown is None else trends.breakdown


def _left_out(said: Diagnostics, *, pilots: bool):
    """The effect without the pilot departments, or that of the contacts of before the reform."""
    return next((one for one in said.left_out
                 if ((one.subject if isinstance(one, NotEstimable) else one.title) == PILOTS) == pilots), None)


def _of(part: object, read) -> float | None:
    return None if part is None or isinstance(part, NotEstimable) else read(part)
