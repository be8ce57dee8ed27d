"""The guide of senders as a page to open without a connection.

Here: the dress. Not here: the words (``contracts.guide``).
"""

from __future__ import annotations

import re

import jinja2

from tznr_platform.contracts.documents import NOTICE
from tznr_platform.contracts.guide import guide_text
from tznr_platform.privacy.screen import fold
from tznr_platform.sender.sources import digest, source

Heading = tuple[str, str, int]


def guide_page() -> str:
    """The guide as one HTML text with its table of contents."""
    import mistune

    body, headings = _anchored(mistune.create_markdown(plugins=["table"])(guide_text().removeprefix(NOTICE)))
    body = body.replace("<table>", '<div class="scroll"><table>').replace("</table>", "</table></div>")
    style = source("guide.css")
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, trim_blocks=True)
    return environment.from_string(source("guide.html.j2")).render(
        style=style, digest=digest(style), headings=headings, body=body)


def _anchored(html: str) -> tuple[str, list[Heading]]:
    """Give each heading an anchor; returns the headings (title, anchor, level) too."""
    headings: list[Heading] = []

    def anchor(match: re.Match[str]) -> str:
        level, title = int(match[1]), match[2]
        headings.append((title, f"s{len(headings) + 1}_{fold(title)}", level))
        return f'<h{level} id="{headings[-1][1]}">{title}</h{level}>'

    return re.sub(r"<h([23])>(.*?)</h\1>", anchor, html), headings
