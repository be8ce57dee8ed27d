"""The guide of those who send, in French: what to send, when, in what form, and what to do about a refusal.

Here: what ``guide.md.j2`` is filled with, to make ``docs/guide_emetteur.md``, which goes with the kit. Not here:
definitions of every field (``documents``), the offline page (``sender``).
"""

from __future__ import annotations

import jinja2

from tznr_platform.contracts import documents
from tznr_platform.contracts.loader import contracts
from tznr_platform.contracts.model import Field
from tznr_platform.contracts.reference_lists import reason_codes

SENDING_KINDS = ("territory", "body", "evaluator")
LEVELS = {"file": "Tout le fichier est refusé", "row": "Une ligne est refusée", "info": "Simple information",
          "fact": "Une contradiction, relevée après la réception"}
MANY_CODES = 8


def guide_text() -> str:
    """The guide in Markdown: how to begin, what each sends, columns of each table, reasons of refusals."""
    environment = jinja2.Environment(loader=jinja2.PackageLoader("tznr_platform.contracts", "."), trim_blocks=True,
                                     lstrip_blocks=True, keep_trailing_newline=True, undefined=jinja2.StrictUndefined)
    environment.filters |= {"file_name": documents.file_name, "rule_text": documents.rule_text, "expected": _expected,
                            "cell": lambda text: text.replace("|", "\\|")}
    return environment.get_template("guide.md.j2").render(
        notice=documents.NOTICE, cadences=documents.CADENCES, levels=LEVELS, codes=list(reason_codes().values()),
        kinds={kind: documents.KINDS[kind] for kind in SENDING_KINDS},
        tables=[table for table in contracts().values() if table.sender_kind in SENDING_KINDS])


def _expected(field: Field) -> str:
    """The codes of a field when they are few enough to be read in a cell; else its form, type and bounds."""
    if field.pattern:
        return "de la forme de l'exemple"
    if not field.enum:
        return ", ".join(filter(None, [documents.TYPES[field.type], documents.choices_text(field)]))
    if len(field.enum) > MANY_CODES:
        return f"un des {len(field.enum)} codes du modèle"
    several = "un ou plusieurs, séparés par « | » : " if field.multi_separator else ""
    return several + ", ".join(f"`{code}`" for code in field.enum)
