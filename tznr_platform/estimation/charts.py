"""Pictures of estimates, shared by the interface and the notebooks.

Here: charts drawn from the frames of this room. Not here: charts of the report (``reporting``), which draw
disclosed numbers only. Altair is imported when a chart is asked for.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pandas as pd

from tznr_platform.contracts import reference
from tznr_platform.estimation.design import load_design

if TYPE_CHECKING:
    import altair as alt

PANEL_WIDTH = 240
PERCENT = "format(100 * datum.value, '.0f') + '\\u202f%'"


def incidence_chart(incidence: pd.DataFrame) -> alt.Chart:
    """Cumulative incidence of each exit by duration, a panel per benefit; rows of ``Incidence.to_frame``."""
    import altair as alt

    if incidence.empty:
        words = pd.DataFrame({"text": ["Aucune courbe estimable"]})
        return alt.Chart(words).mark_text(fontSize=14).encode(text="text:N")
    drawn = incidence[["benefit_code", "exit_code", "duration_months", "incidence_share"]]
    benefits = {row["benefit_code"]: row["benefit_label"] for row in reference("benefits")}
    drawn = drawn.assign(exit_label=drawn["exit_code"].map(load_design().exits),
                         benefit_label=drawn["benefit_code"].map(benefits).fillna(drawn["benefit_code"]))
    line = alt.Chart(drawn).mark_line(interpolate="step-after").encode(
        x=alt.X("duration_months:Q", title="Mois depuis l'ouverture"),
        y=alt.Y("incidence_share:Q", title="Part des ouvertures", axis=alt.Axis(labelExpr=PERCENT)),
        color=alt.Color("exit_label:N", title=None, legend=alt.Legend(orient="bottom", labelLimit=300)))
    panel = alt.Facet("benefit_label:N", title="Sorties cumulées, par prestation",
                      header=alt.Header(labelLimit=PANEL_WIDTH + 20))
    return line.properties(width=PANEL_WIDTH, height=140).facet(facet=panel, columns=3)


def png(chart: alt.Chart) -> bytes:
    """The chart as a picture, drawn without a browser or a network."""
    target = io.BytesIO()
    chart.save(target, format="png", scale_factor=1.5)
    return target.getvalue()
