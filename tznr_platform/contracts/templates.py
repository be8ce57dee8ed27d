"""Blank files that senders fill in: one CSV and one XLSX a table, and how to use them.

Here: their making. Not here: the words, which are those of the contracts.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

from tznr_platform.contracts.documents import CADENCES, TYPES, choices_text, file_name, rule_text
from tznr_platform.contracts.loader import contracts
from tznr_platform.contracts.model import Contract, Field

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

LAST_ROW = 10_000
LISTS, GUIDE = "Listes", "Mode d'emploi"


def write_templates(directory: Path) -> list[Path]:
    """Write ``modele_<table>.csv`` (semicolon, UTF-8 with its mark) and ``.xlsx`` for each table sent."""
    directory.mkdir(parents=True, exist_ok=True)
    written = []
    for table in contracts().values():
        if table.sender_kind == "open_data":
            continue
        stem = directory / f"modele_{table.name}"
        written += [stem.with_suffix(".csv"), stem.with_suffix(".xlsx")]
        written[-2].write_text(_csv_text(table), encoding="utf-8-sig", newline="")
        _workbook(table).save(written[-1])
    return written


def _csv_text(table: Contract) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerow([field.name for field in table.fields])
    return text.getvalue()


def _workbook(table: Contract) -> Workbook:
    from openpyxl import Workbook

    book = Workbook()
    sheet, lists, guide = book.active, book.create_sheet(LISTS), book.create_sheet(GUIDE)
    sheet.title, lists.sheet_state = table.name, "hidden"
    for number, field in enumerate(table.fields, start=1):
        _header(sheet, number, field)
        if choices := _choices(field):
            _drop_down(sheet, lists, number, choices)
    sheet.freeze_panes = "A2"
    _write_guide(guide, table)
    return book


def _header(sheet: Worksheet, number: int, field: Field) -> None:
    from openpyxl.comments import Comment
    from openpyxl.styles import Font, PatternFill

    cell = sheet.cell(1, number, field.name)
    cell.font = Font(bold=True)
    cell.fill = PatternFill("solid", fgColor="CFE2F3" if field.required else "EEEEEE")
    cell.comment = Comment(f"{field.title}\n{field.description}", "Contrat de données", height=180, width=320)
    column = sheet.column_dimensions[cell.column_letter]
    column.width = max(14, len(field.name) + 2)
    if field.type in ("string", "yearmonth"):
        column.number_format = "@"


def _choices(field: Field) -> list[str]:
    """Values of a drop-down list; none where several can be combined in one cell."""
    if field.type == "boolean":
        return [field.true_values[0], field.false_values[0]]
    return list(field.enum or ()) if not field.multi_separator else []


def _drop_down(sheet: Worksheet, lists: Worksheet, number: int, choices: list[str]) -> None:
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    letter = get_column_letter(number)
    for row, choice in enumerate(choices, start=1):
        lists.cell(row, number, choice)
    source = f"{LISTS}!${letter}$1:${letter}${len(choices)}"
    rule = DataValidation(type="list", formula1=source, allow_blank=True)
    rule.errorTitle, rule.error = "Valeur inconnue", "Choisissez une valeur de la liste."
    sheet.add_data_validation(rule)
    rule.add(f"{letter}2:{letter}{LAST_ROW}")


def _write_guide(guide: Worksheet, table: Contract) -> None:
    from openpyxl.styles import Alignment, Font

    guide.append([table.title])
    guide.append([table.description])
    guide.append([f"Nom du fichier : {file_name(table)}. À transmettre {CADENCES[table.cadence]}."])
    guide.append(["L'en-tête, puis une ligne par fait ; ne pas ajouter de colonne, de total ni de nom."])
    for rule in table.rules:
        guide.append([rule_text(rule)])
    guide.append([])
    guide.append(["Colonne", "Libellé", "Obligatoire", "Type", "Définition", "Valeurs", "Exemple"])
    heading = guide.max_row
    for field in table.fields:
        guide.append([field.name, field.title, "oui" if field.required else "non", TYPES[field.type],
                      field.description, choices_text(field), str(field.example)])
    for cell in (guide["A1"], *guide[heading]):
        cell.font = Font(bold=True)
    for letter, width in zip("ABCDEFG", (26, 32, 12, 18, 80, 60, 24), strict=True):
        guide.column_dimensions[letter].width = width
    for cells in guide.iter_rows(min_row=heading):
        for cell in cells:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
