"""Spreadsheets as an office suite saves them: dates and numbers are typed cells. Same rows, same bytes.

Here: one sheet to XLSX or ODS bytes, with fixed archive dates. Not here: which senders write spreadsheets
(``senders``).
"""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from xml.sax.saxutils import escape

ISO_DATE, NUMBER = re.compile(r"\d{4}-\d{2}-\d{2}"), re.compile(r"-?\d{1,12}(\.\d+)?")
EXCEL_EPOCH = dt.date(1899, 12, 30)
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
OFFICE = "http://schemas.openxmlformats.org/"
XLSX_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{OFFICE}package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/styles.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{OFFICE}package/2006/relationships"><Relationship Id="rId1" '
    f'Type="{OFFICE}officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/>'
    "</Relationships>",
    "xl/workbook.xml": f'<workbook xmlns="{OFFICE}spreadsheetml/2006/main" '
    f'xmlns:r="{OFFICE}officeDocument/2006/relationships"><sheets>'
    '<sheet name="Feuille1" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{OFFICE}package/2006/relationships">'
    f'<Relationship Id="rId1" Type="{OFFICE}officeDocument/2006/relationships/worksheet" '
    f'Target="worksheets/sheet1.xml"/><Relationship Id="rId2" '
    f'Type="{OFFICE}officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>',
    "xl/styles.xml": f'<styleSheet xmlns="{OFFICE}spreadsheetml/2006/main">'
    '<fonts count="1"><font/></fonts><fills count="1">'
    '<fill/></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>',
}
ODF = "urn:oasis:names:tc:opendocument:xmlns:"
ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"


def xlsx(header: list[str], rows: list[list[str]]) -> bytes:
    """Bytes of a workbook with one sheet; ``rows`` are texts, typed by their look."""
    lines = [
        _xlsx_row([(name, "text") for name in header]),
        *(_xlsx_row([_typed(c) for c in row]) for row in rows),
    ]
    data = f"<sheetData>{''.join(lines)}</sheetData>"
    sheet = f'<worksheet xmlns="{OFFICE}spreadsheetml/2006/main">{data}</worksheet>'
    return _archive({**XLSX_PARTS, "xl/worksheets/sheet1.xml": sheet})


def ods(header: list[str], rows: list[list[str]]) -> bytes:
    """Bytes of an OpenDocument spreadsheet with one sheet; ``rows`` are texts, typed by their look."""
    lines = [
        _ods_row([(name, "text") for name in header]),
        *(_ods_row([_typed(c) for c in row]) for row in rows),
    ]
    content = (
        f'<office:document-content xmlns:office="{ODF}office:1.0" xmlns:table="{ODF}table:1.0" '
        f'xmlns:text="{ODF}text:1.0" office:version="1.2"><office:body><office:spreadsheet>'
        f'<table:table table:name="Feuille1">{"".join(lines)}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        f'<manifest:manifest xmlns:manifest="{ODF}manifest:1.0" manifest:version="1.2">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{ODS_TYPE}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
        "</manifest:manifest>"
    )
    return _archive({"mimetype": ODS_TYPE, "content.xml": content, "META-INF/manifest.xml": manifest})


def _typed(cell: str) -> tuple[str, str]:
    if ISO_DATE.fullmatch(cell):
        try:
            dt.date.fromisoformat(cell)
        except ValueError:
            return cell, "text"
        return cell, "date"
    leading_zero = cell.startswith("0") and len(cell) > 1 and not cell.startswith("0.")
    return cell, "number" if NUMBER.fullmatch(cell) and not leading_zero else "text"


def _xlsx_row(cells: list[tuple[str, str]]) -> str:
    return "<row>" + "".join(_xlsx_cell(*cell) for cell in cells) + "</row>"


def _xlsx_cell(value: str, kind: str) -> str:
    if not value:
        return "<c/>"
    if kind == "date":
        return f'<c s="1"><v>{(dt.date.fromisoformat(value) - EXCEL_EPOCH).days}</v></c>'
    if kind == "number":
        return f"<c><v>{value}</v></c>"
    return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'


def _ods_row(cells: list[tuple[str, str]]) -> str:
    return "<table:table-row>" + "".join(_ods_cell(*cell) for cell in cells) + "</table:table-row>"


def _ods_cell(value: str, kind: str) -> str:
    if not value:
        return "<table:table-cell/>"
    types = {
        "date": f'office:value-type="date" office:date-value="{value}"',
        "number": f'office:value-type="float" office:value="{value}"',
        "text": 'office:value-type="string"',
    }
    return f"<table:table-cell {types[kind]}><text:p>{escape(value)}</text:p></table:table-cell>"


def _archive(parts: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in parts.items():
            entry = zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(entry, text if name == "mimetype" else XML + text)
    return buffer.getvalue()
