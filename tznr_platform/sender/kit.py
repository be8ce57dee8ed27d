"""The folder a sender receives: templates, guide, offline page, and how to use them.

Here: putting the page together from the contracts and from the scripts of ``page/``, and writing the kit. Not here: the
rules (``contracts``), the words of the guide (``contracts.guide``), anything about a key: no key is in the kit.
"""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import jinja2

from tznr_platform import contracts
from tznr_platform.contracts.documents import CADENCES
from tznr_platform.contracts.generate import write_templates
from tznr_platform.intake import encodings
from tznr_platform.sender import columns
from tznr_platform.sender.guide import guide_page
from tznr_platform.sender.patterns import screen_book
from tznr_platform.sender.sources import digest, embedded, source

PAGE_NAME, GUIDE_NAME, README_NAME = "preparer_un_envoi.html", "guide_emetteur.html", "LISEZ-MOI.txt"
WORKER = ("identity.js", "exchange.js", "text.js", "records.js", "frame.js", "columns.js", "workbook.js", "table.js",
          "screen.js", "screening.js", "values.js", "names.js", "rules.js", "pseudonymise.js", "receipt.js",
          "worker.js")


def page_text() -> str:
    """The offline page as one HTML text: styles, scripts and contracts inside, nothing to fetch."""
    script, style = '"use strict";\n' + source("ui.js"), source("page.css")
    worker = '"use strict";\n' + "\n".join(map(source, WORKER))
    policy = "; ".join([
        "default-src 'none'", f"script-src '{digest(script)}'", f"style-src '{digest(style)}'", "worker-src blob:",
        "base-uri 'none'", "form-action 'none'"])
    known = embedded(book())
    template = jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(source("page.html.j2"))
    return template.render(policy=policy, style=style, script=script, worker=worker, book=known,
                           version=hashlib.sha256(known.encode()).hexdigest()[:8])


def book() -> dict:
    """What the page must know of the contracts, as JSON: tables sent, senders, reason codes, lists, screen."""
    tables = [table for table in contracts.contracts().values() if table.sender_kind != "open_data"]
    senders = [sender for sender in contracts.senders().values() if sender.kind != "open_data"]
    paid: dict[str, list[str]] = {}
    for row in contracts.reference("body_benefits"):
        paid.setdefault(row["body_code"], []).append(row["benefit_code"])
    return {
        "contracts": {table.name: _table(table) for table in tables},
        "senders": [{"code": sender.code, "kind": sender.kind, "label": sender.label} for sender in senders],
        "codes": {code.code: {"message": code.message, "remedy": code.remedy}
                  for code in contracts.reason_codes().values()},
        "calendar": {event: day.isoformat() for event, day in contracts.calendar().items()},
        "references": {rule.params["reference"]: _bounds(rule) for table in tables for rule in table.rules
                       if rule.kind == "reference"},
        "bodyBenefits": paid,
        "identity": {"headers": columns.IDENTITY_HEADERS, "made": columns.MADE, "reasons": columns.IDENTITY_REASONS},
        "encodings": {
            "expected": "".join(sorted(encodings.EXPECTED)), "common": "".join(sorted(encodings.COMMON)),
            "tables": {name: bytes(range(128, 256)).decode(name, errors="replace")
                       for name in ("cp1252", *encodings.OFFICE_ENCODINGS)}},
        "screen": screen_book(),
    }


def _bounds(rule: contracts.Rule) -> list[dict[str, str]]:
    """The lines of a reference list, cut to the columns that a rule reads."""
    wanted = [*rule.params["columns"], rule.params["minimum"], rule.params["maximum"]]
    return [{column: row[column] for column in wanted} for row in contracts.reference(rule.params["reference"])]


def _table(table: contracts.Contract) -> dict:
    return {
        "name": table.name, "title": table.title, "senders": table.senders, "senderKind": table.sender_kind,
        "cadence": CADENCES[table.cadence], "primaryKey": table.primary_key, "personField": table.person_field,
        "rules": [{"kind": rule.kind, "fields": rule.fields, "reason": rule.reason_code, "params": dict(rule.params)}
                  for rule in table.rules],
        "fields": [{"name": field.name, "type": field.type, "required": field.required, "enum": field.enum,
                    "pattern": field.pattern, "minimum": field.minimum, "maximum": field.maximum,
                    "trueValues": field.true_values, "falseValues": field.false_values,
                    "separator": field.multi_separator} for field in table.fields]}


def write_kit(folder: Path) -> list[Path]:
    """Fill a folder with the page, the guide, the templates and a note on how to begin; paths written, sorted."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {PAGE_NAME: page_text(), GUIDE_NAME: guide_page(), README_NAME: _readme()}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    write_templates(folder / "modeles")
    return sorted(path for path in folder.rglob("*") if path.is_file())


def zip_kit(folder: Path, target: Path) -> Path:
    """Put a kit in one archive, under a folder of its own name."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, Path(folder.name) / path.relative_to(folder))
    return target


def _readme() -> str:
    return jinja2.Template(source(f"{README_NAME}.j2")).render(page=PAGE_NAME, guide=GUIDE_NAME) + "\n"
