"""One picture for what happens month by month around a contact: a line an arm, its interval if any.

Here: that chart. Not here: intervals one under the other (``interval_chart``). Altair is imported on demand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    import altair as alt


def path_chart(rows: pd.DataFrame, *, title: str, value: str = "estimate") -> alt.Chart:
    """``rows``: month (since contact), ``value``, arm_label, and low and high when there is an interval."""
    import altair as alt

    base = alt.Chart(rows).encode(x=alt.X("month:Q", title="Mois depuis le premier contact"),
                                  color=alt.Color("arm_label:N", title=None, legend=alt.Legend(orient="bottom")))
    layers = [base.mark_line(point=True).encode(y=alt.Y(f"{value}:Q", title=title, axis=alt.Axis(format="%")))]
    if "low" in rows:
        layers.insert(0, base.mark_area(opacity=0.2).encode(y=alt.Y("low:Q", title=title), y2="high:Q"))
    contact = alt.Chart(pd.DataFrame({"month": [-0.5]})).mark_rule(strokeDash=[4, 4]).encode(x="month:Q")
    return alt.layer(*layers, contact).properties(width=420, height=220)
