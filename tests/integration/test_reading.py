"""From the file as it really comes to accepted rows: every format and packing, with the lines its sender sees."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile

import openpyxl
import pytest

from tests.integration.intake_files import PERSONS, Inbox
from tznr_platform.synthetic import spreadsheets

NAME = "TZNR-01_personnes_2025-T2"
TEXT = PERSONS.text("a", "b", "c", bad={"nombre_enfants": "99"})
ROWS = [line.split(";") for line in TEXT.splitlines()]
WIDTH = len(ROWS[0])


def workbook(*rows: list) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def archive(**members: str | bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for name, content in members.items():
            packed.writestr(name.replace("__", "/") + ".csv", content)
    return buffer.getvalue()


def quoted(rows: list[list[str]], **options: str) -> str:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, **options).writerows(rows)
    return text.getvalue()


PAGE = "<table>" + "".join("<tr>" + "".join(f"<td>{cell}" for cell in row) for row in ROWS) + "</table>"
FORMS = {
    "xlsx, title, total, note": (".xlsx", 2, lambda: workbook(
        ["Relevé du trimestre"], [], *ROWS, ["Total", *[None] * (WIDTH - 2), 3], [], ["Source : logiciel métier"])),
    "ods": (".ods", 0, lambda: spreadsheets.ods(ROWS[0], ROWS[1:])),
    "page named xls": (".xls", 0, lambda: PAGE),
    "gzip": (".csv.gz", 0, lambda: gzip.compress(TEXT.encode("cp1252"))),
    "zip named csv": (".csv", 0, lambda: archive(export=TEXT)),
    "tabs, utf-16": (".txt", 0, lambda: TEXT.replace(";", "\t").encode("utf-16")),
    "quoted, commas, preamble, total": (".csv", 1, lambda: "Extraction,,\r\n" + quoted(
        [*ROWS, ["Total général", *[""] * (WIDTH - 2), "3"]])),
    "trailing empty columns": (".csv", 0, lambda: TEXT.replace("\n", ";;;\n")),
    "header given twice": (".csv", 1, lambda: TEXT.replace("\n", "\n" + TEXT.partition("\n")[0] + "\n", 1)),
    "separator told": (".csv", 1, lambda: "sep=;\r\n" + TEXT.replace("\n", "\r\n")),
    "lines quoted whole": (".csv", 0, lambda: "".join(f'"{line}"\n' for line in TEXT.splitlines())),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_table_reads_the_same_in_every_form(inbox: Inbox, form: str):
    suffix, shift, make = FORMS[form]
    inbox.put(NAME + suffix, make())
    outcome = inbox.run()
    assert [delivery.reason_code for delivery in outcome.deliveries] == [None]
    assert (outcome.accepted_rows, outcome.refused_rows) == (2, 1)
    assert inbox.refusals() == [(4 + shift, "nombre_enfants", "OUT_OF_RANGE")]
    assert not [path for path in inbox.settings.spill_dir.rglob("*") if path.is_file()]


def test_a_cell_over_several_lines_is_one_row_of_the_spreadsheet(inbox: Inbox):
    """Also when all else is regular, which DuckDB would read as it lies."""
    rows = [ROWS[0] + ["remarque"], ROWS[1] + ["sur\ntrois\nlignes"], ROWS[2] + [""], ROWS[3] + [""]]
    inbox.put(NAME + ".csv", quoted(rows, delimiter=";"))
    inbox.run()
    assert inbox.refusals() == [(4, "nombre_enfants", "OUT_OF_RANGE")]


def test_an_archive_is_a_folder_of_deliveries(inbox: Inbox):
    inbox.put("envoi.zip", archive(**{f"TZNR-02__{NAME.replace('01', '02')}": TEXT, NAME: PERSONS.text("d"),
                                      "notes": "a;b\n1;2\n"}))
    inbox.put("TZNR-03.zip", archive(**{"personnes_2025-T2": PERSONS.text("e")}))
    outcome = inbox.run()
    found = {delivery.file_name: (delivery.sender_code, delivery.reason_code) for delivery in outcome.deliveries}
    assert found == {
        f"envoi.zip/TZNR-02/{NAME.replace('01', '02')}.csv": ("TZNR-02", None),
        f"envoi.zip/{NAME}.csv": ("TZNR-01", None), "envoi.zip/notes.csv": (None, "SENDER_UNKNOWN"),
        "TZNR-03.zip/personnes_2025-T2.csv": ("TZNR-03", None)}
    assert outcome.accepted_rows == 4
    assert (inbox.settings.receipts_dir / "TZNR-02" / f"{NAME.replace('01', '02')}.html").exists()
    assert inbox.run().deliveries == ()
    inbox.put(f"copie/{NAME}.csv", PERSONS.text("d"))
    assert [delivery.status_code for delivery in inbox.run().deliveries] == ["duplicate"]


def test_the_receipt_tells_what_was_not_read(inbox: Inbox):
    suffix, _, make = FORMS["xlsx, title, total, note"]
    inbox.put(NAME + suffix, make())
    delivery = inbox.run().deliveries[0]
    assert dict(delivery.remarks) == {"LINES_ABOVE_IGNORED": "ligne 1", "TOTAL_IGNORED": "ligne 7",
                                      "LINES_ASIDE_IGNORED": "ligne 9"}
    letter = next(inbox.settings.receipts_dir.rglob("*.html")).read_text()
    assert "Une ligne de total" in letter and "ligne 7" in letter


def test_two_sheets_that_both_are_the_table_are_refused_with_the_remedy(inbox: Inbox):
    book = openpyxl.load_workbook(io.BytesIO(workbook(*ROWS)))
    book.copy_worksheet(book.active)
    book.save(inbox.path / (NAME + ".xlsx"))
    assert [delivery.reason_code for delivery in inbox.run().deliveries] == ["SEVERAL_TABLES"]
    assert "Gardez un seul tableau" in next(inbox.settings.receipts_dir.rglob("*.html")).read_text()


def test_a_total_at_the_end_of_a_large_regular_file_is_no_row(inbox: Inbox):
    inbox.put(NAME + ".csv", PERSONS.text(*map(str, range(3000))) + "Total" + ";" * (WIDTH - 1) + "\n")
    outcome = inbox.run()
    assert (outcome.accepted_rows, outcome.refused_rows) == (3000, 0)
    assert ("TOTAL_IGNORED", "ligne 3002") in outcome.deliveries[0].remarks
