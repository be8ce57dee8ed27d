"""The dossier of a gate: one printable French page that says the verdict, why, and what to do.

Here: the page. Not here: the verdict itself (``gate``).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import jinja2

from tznr_platform import french

if TYPE_CHECKING:
    from quality.gate import GateOutcome

TEMPLATE = "dossier.html.j2"


def page(outcome: GateOutcome, senders: list[dict]) -> str:
    """The self-contained HTML page of one verdict; ``senders`` as given by ``candidate.who_is_in``."""
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True,
                                     undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"day": french.day, "month": french.month, "number": french.number}
    failed = [criterion for criterion in outcome.criteria if not criterion.passed]
    return environment.get_template(TEMPLATE).render(
        outcome=outcome, failed=failed, present=[sender for sender in senders if sender["is_in"]],
        absent=[sender for sender in senders if not sender["is_in"]], count=french.count)
