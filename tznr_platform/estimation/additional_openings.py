"""Openings that would not have happened otherwise, from the effects of a first contact on access.

Here: which effects count and how they add up. Not here: the effects (``access``), what an opening costs (``fieller``).
"""

from __future__ import annotations

import pandas as pd

from tznr_platform.contracts import reference
from tznr_platform.estimation.design import Design, load_design
from tznr_platform.estimation.sampled import Sampled
from tznr_platform.estimation.verdict import NotEstimable, require_columns

ESTIMAND, LABEL = "opening_after_outreach", "causal_outreach"
SUBJECT = "droits ouverts de plus"
COLUMNS = ("estimand_code", "benefit_code", "is_estimated", "label")
EFFECT = ("estimate", "standard_error", "contacted_count", "cluster_count")


def additional_openings(effects: pd.DataFrame | None, *, design: Design | None = None) -> Sampled | NotEstimable:
    """Openings in addition, over the benefits whose effect is causal: effect times persons met by outreach.

    ``effects``: rows of ``access_effects`` (None: not computed from these data). The primary outcome only, the right
    open at six months. Effects of benefits come from the same persons: their errors add up, which is their largest
    possible value. Not estimable where no effect is causal.
    """
    design = design or load_design()
    if effects is None:
        return NotEstimable(SUBJECT, "les effets sur l'accès ne sont pas calculés pour ces données.")
    require_columns(effects, COLUMNS, SUBJECT)
    causal = _causal(effects, design)
    if causal.empty:
        return NotEstimable(SUBJECT, f"aucun effet sur l'accès n'est « {design.labels[LABEL]} ».")
    parts = [Sampled.of_effect(float(row.estimate), float(row.standard_error), cluster_count=int(row.cluster_count),
                               person_count=int(row.contacted_count)) for row in causal.itertuples()]
    return Sampled(sum(one.estimate for one in parts), sum(one.standard_error for one in parts),
                   min(one.cluster_count for one in parts))


def counted_benefits(effects: pd.DataFrame | None, *, design: Design | None = None) -> str:
    """The benefits whose openings in addition are counted, in French; empty when there is none."""
    if effects is None:
        return ""
    labels = {row["benefit_code"]: row["benefit_label"] for row in reference("benefits")}
    return ", ".join(labels.get(code, code) for code in _causal(effects, design or load_design())["benefit_code"])


def _causal(effects: pd.DataFrame, design: Design) -> pd.DataFrame:
    chosen = (effects["estimand_code"] == ESTIMAND) & effects["is_estimated"].fillna(False).astype(bool) \
        & (effects["label"] == design.labels[LABEL])
    found = effects[chosen]
    return found.dropna(subset=list(EFFECT)).sort_values("benefit_code") if len(found) else found
