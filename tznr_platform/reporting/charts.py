"""Charts as inline SVG, without script: altair draws, vl-convert renders, nothing is fetched.

Here: three forms (bars, lines, dots) and their sober look. Not here: what they show (``sections``). Altair
is imported inside functions: it is heavy.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

import pandas as pd
from markupsafe import Markup

FONT = "system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
RAMP = ("#c5cfe8", "#8c9fd3", "#4a63b3", "#1b2a66")
DISTINCT = ("#1b2a66", "#b3541e", "#2f7d63", "#8a4b8f", "#6b7280")
INK, SOFT, LINE = "#1b1b2f", "#55566b", "#e3e4ec"
THOUSANDS = "replace(format(datum.value, ',d'), /,/g, '\u202f')"
PERCENT = "replace(format(datum.value * 100, '.0f'), '.', ',') + '\u202f%'"


def bars(
    rows: pd.DataFrame, groups: Sequence[str], series: Sequence[str], *, unit: str = "count", title: str
) -> Markup:
    """Horizontal grouped bars. ``rows``: group, series, value (missing = masked or absent: no bar)."""
    import altair as alt

    chart = (
        alt.Chart(rows.dropna(subset=["value"]))
        .mark_bar(cornerRadiusEnd=1)
        .encode(
            x=alt.X("value:Q", title=title, axis=_axis(unit)),
            y=alt.Y("group:N", sort=list(groups), title=None, axis=alt.Axis(labelLimit=240, ticks=False)),
            yOffset=alt.YOffset("series:N", sort=list(series)),
            color=_color(series, RAMP[-len(series) :]),
        )
    )
    return _svg(chart.properties(width=520, height=alt.Step(max(7, 26 // len(series)))))


def lines(
    rows: pd.DataFrame, steps: Sequence[str], series: Sequence[str], *, unit: str, title: str
) -> Markup:
    """Lines with points over ordered steps. ``rows``: step, series, value."""
    import altair as alt

    chart = (
        alt.Chart(rows.dropna(subset=["value"]))
        .mark_line(point=alt.OverlayMarkDef(size=60, filled=True), strokeWidth=2)
        .encode(
            x=alt.X("step:O", sort=list(steps), title=None, axis=alt.Axis(labelAngle=0, ticks=False)),
            y=alt.Y("value:Q", title=title, axis=_axis(unit), scale=alt.Scale(zero=unit == "share")),
            color=_color(series, DISTINCT),
        )
    )
    return _svg(chart.properties(width=480, height=240))


def dots(
    rows: pd.DataFrame, groups: Sequence[str], series: Sequence[str], *, unit: str, title: str
) -> Markup:
    """One line a group, one dot a series: how far it moved. ``rows``: group, series, value."""
    import altair as alt

    base = alt.Chart(rows.dropna(subset=["value"])).encode(
        y=alt.Y(
            "group:N", sort=list(groups), title=None, axis=alt.Axis(labelLimit=260, ticks=False, grid=True)
        )
    )
    rule = base.mark_rule(color=RAMP[0], strokeWidth=3).encode(
        x=alt.X("min(value):Q", title=title, axis=_axis(unit)), x2="max(value):Q"
    )
    points = base.mark_circle(size=95, opacity=1).encode(
        x=alt.X("value:Q"), color=_color(series, RAMP[-len(series) :])
    )
    return _svg((rule + points).properties(width=460, height=alt.Step(30)))


def paths(rows: pd.DataFrame, groups: Sequence[str], *, title: str) -> Markup:
    """One small picture a group: a path by month around a first contact, with its interval. ``rows``: group, month,
    value, low, high; a group without a published month has none.
    """
    import altair as alt

    base = alt.Chart(rows.dropna(subset=["value"]))
    month = alt.X("month:Q", title="Mois depuis la rencontre", axis=alt.Axis(tickMinStep=1, tickCount=7, grid=False))
    layers = [base.mark_rule(color=SOFT, strokeDash=[4, 4]).encode(y=alt.datum(0)),
              base.mark_rule(color=RAMP[0], strokeWidth=2).encode(x=alt.datum(-0.5)),
              base.mark_area(color=RAMP[1], opacity=0.35).encode(x=month, y=alt.Y("low:Q", title=title), y2="high:Q"),
              base.mark_line(color=RAMP[-1], point=alt.OverlayMarkDef(size=28, filled=True, color=RAMP[-1])).encode(
                  x=month, y=alt.Y("value:Q", title=title, axis=_axis("share")))]
    header = alt.Header(labelFontSize=12, labelColor=INK, labelFontWeight=600)
    drawn = alt.layer(*layers).properties(width=190, height=130)
    return _svg(drawn.facet(alt.Facet("group:N", sort=list(groups), title=None, header=header), columns=3))


def _axis(unit: str):
    import altair as alt

    expression = {"count": THOUSANDS, "share": PERCENT}.get(unit)
    return alt.Axis(labelExpr=expression, tickCount=5) if expression else alt.Axis(tickCount=5)


def _color(series: Sequence[str], palette: Sequence[str]):
    import altair as alt

    return alt.Color(
        "series:N",
        sort=list(series),
        title=None,
        scale=alt.Scale(domain=list(series), range=list(palette)[: len(series)]),
        legend=alt.Legend(orient="top", symbolType="square", labelLimit=220, columns=4, columnPadding=18),
    )


def _svg(chart) -> Markup:
    import vl_convert

    styled = (
        chart.configure(
            font=FONT, background="transparent", padding={"left": 36, "right": 12, "top": 6, "bottom": 6}
        )
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=INK,
            titleColor=SOFT,
            titleFontWeight="normal",
            labelFontSize=12,
            titleFontSize=12,
            gridColor=LINE,
            domainColor=LINE,
            tickColor=LINE,
        )
        .configure_legend(labelColor=INK, labelFontSize=12)
    )
    svg = vl_convert.vegalite_to_svg(styled.to_dict(), allowed_base_urls=[])
    svg = re.sub(
        r"<svg([^>]*?) width=\"([\d.]+)\" height=\"([\d.]+)\"", r'<svg\1 style="max-width:\2px"', svg, count=1
    )
    return Markup(_own_ids(svg))


def _own_ids(svg: str) -> str:
    """Ids that depend on the drawing alone: vl-convert counts them through the process, and a page holds
    several.
    """
    found = list(dict.fromkeys(re.findall(r'\bid="([^"]+)"', svg)))
    bare = re.sub("|".join(map(re.escape, sorted(found, key=len, reverse=True))) or "$^", "", svg)
    prefix = "g" + hashlib.sha256(bare.encode()).hexdigest()[:8]
    names = {name: f"{prefix}-{index}" for index, name in enumerate(found)}
    return re.sub(r'\bid="([^"]+)"|url\(#([^)]+)\)',
                  lambda match: f'id="{names[match[1]]}"' if match[1] else f"url(#{names[match[2]]})", svg)
