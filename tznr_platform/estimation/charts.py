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
from tznr_platform.estimation.match_rates import BIRTHS, NATION, body_labels

if TYPE_CHECKING:
    import altair as alt

PANEL_WIDTH = 240
PERCENT = "format(100 * datum.value, '.0f') + '\\u202f%'"


def incidence_chart(incidence: pd.DataFrame) -> alt.Chart:
    """Cumulative incidence of each exit by duration, a panel per benefit; rows of ``Incidence.to_frame``."""
    import altair as alt

    if incidence.empty:
        return _words("Aucune courbe estimable")
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


def match_chart(rates: pd.DataFrame) -> alt.Chart:
    """Match rate by body and kind of birth: the nation with its interval, a tick a territory (``MatchRates``)."""
    import altair as alt

    if rates.empty:
        return _words("Aucun organisme n'a répondu pour assez de personnes")
    kept = ["territory_code", "body_code", "is_default_birth_date", "match_share", "match_low_share",
            "match_high_share"]
    drawn = rates[kept].assign(
        body_label=rates["body_code"].map(body_labels()), birth_label=rates["is_default_birth_date"].map(BIRTHS),
        scope_label=(rates["territory_code"] == NATION).map({True: "France", False: "Un territoire"}))
    base = alt.Chart(drawn).encode(
        y=alt.Y("birth_label:N", title=None, sort=list(BIRTHS.values())),
        color=alt.Color("birth_label:N", title=None, sort=list(BIRTHS.values()), legend=None))
    rate = alt.X("match_share:Q", title="Part retrouvée parmi les personnes cherchées",
                 scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(labelExpr=PERCENT))
    nation, territory = (alt.datum.scope_label == label for label in ("France", "Un territoire"))
    layers = alt.layer(
        base.transform_filter(territory).mark_tick(thickness=1.5, opacity=0.45, size=16).encode(x=rate),
        base.transform_filter(nation).mark_rule(strokeWidth=2).encode(
            x=alt.X("match_low_share:Q"), x2="match_high_share:Q"),
        base.transform_filter(nation).mark_point(filled=True, size=70, opacity=1).encode(x=rate))
    title = alt.Title("Personnes retrouvées, par organisme et date de naissance", anchor="start", subtitle=[
        "Point : France, avec son intervalle à 95 %. Trait : un territoire.",
        "Un organisme ne connaît pas tout le monde : « introuvable » ne veut jamais dire « sans droit »."])
    return layers.properties(width=420, height=56).facet(
        row=alt.Row("body_label:N", title=None, header=alt.Header(labelAngle=0, labelAlign="left", labelLimit=300)),
        title=title)


def _words(text: str) -> alt.Chart:
    import altair as alt

    return alt.Chart(pd.DataFrame({"text": [text]})).mark_text(fontSize=14).encode(text="text:N")


def png(chart: alt.Chart) -> bytes:
    """The chart as a picture, drawn without a browser or a network."""
    target = io.BytesIO()
    chart.save(target, format="png", scale_factor=1.5)
    return target.getvalue()
