"""One picture for estimates with intervals: a point, its interval, a line where nothing happens.

Here: that chart. Not here: curves (``charts``), charts of the report (``reporting``). Altair is imported on demand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    import altair as alt


def interval_chart(rows: pd.DataFrame, *, label: str, value: str, low: str, high: str, title: str, axis: str,
                   nothing: float | None = 0) -> alt.Chart:
    """A row a label, in the order given; ``nothing``: the value that says « no difference », None to draw no line."""
    import altair as alt

    base = alt.Chart(rows[[label, value, low, high]]).encode(y=alt.Y(f"{label}:N", title=None, sort=None))
    layers = [base.mark_rule(strokeWidth=2).encode(x=alt.X(f"{low}:Q", title=axis), x2=f"{high}:Q"),
              base.mark_point(filled=True, size=70, opacity=1).encode(x=f"{value}:Q")]
    if nothing is not None:
        line = alt.Chart(pd.DataFrame({value: [nothing]})).mark_rule(strokeDash=[4, 4], opacity=0.6)
        layers.append(line.encode(x=f"{value}:Q"))
    return alt.layer(*layers).properties(width=420, height=alt.Step(26), title=title)
