"""What the page says of a file is what the platform answers: same codes, fields, lines, words."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import Workbook

from tests.browser.chromium import Page
from tests.browser.reception import receipt_of
from tests.integration.intake_files import MONTHS, PERSONS, RIGHTS, identifier

pytestmark = pytest.mark.browser
PERSONS_NAME, RIGHTS_NAME = "TZNR-05_personnes_2025-T2.csv", "TZNR-05_droits_2025-T2.csv"
SOUND = PERSONS.text("a", "b", "c", "d")
WIDTH = len(PERSONS.columns)


def with_bad(**cells: str) -> str:
    return PERSONS.text("a", "b", "c", bad=cells)


def changed(old: str, new: str, count: int = -1) -> str:
    return SOUND.replace(old, new, count)


FILES: dict[str, tuple[str, str | bytes]] = {
    "sound": (PERSONS_NAME, SOUND),
    "mark": (PERSONS_NAME, SOUND.encode("utf-8-sig")),
    "utf-16": (PERSONS_NAME, SOUND.encode("utf-16")),
    "utf-16 without a mark": (PERSONS_NAME, SOUND.encode("utf-16-be")),
    "windows": (PERSONS_NAME, PERSONS.text("a", "b", extra=("précisé", "été")).encode("cp1252")),
    "macintosh": (PERSONS_NAME, PERSONS.text("a", "b", extra=("précisé", "été à Noël")).encode("mac_roman")),
    "dos": (PERSONS_NAME, PERSONS.text("a", "b", extra=("précisé", "été à Noël")).encode("cp850")),
    "two encodings": (PERSONS_NAME, "é".encode() + PERSONS.text("a", extra=("x", "é")).encode("cp1252")),
    "twice encoded": (PERSONS_NAME, PERSONS.text("a", extra=("x", "été")).encode().decode("cp1252").encode()),
    "cut character": (PERSONS_NAME, PERSONS.text("a", extra=("x", "été")).encode()[:-2]),
    "control characters": (PERSONS_NAME, b"\x01" + SOUND.encode()),
    "empty": (PERSONS_NAME, b""),
    "blank": (PERSONS_NAME, b"\n\n"),
    "header only": (PERSONS_NAME, SOUND.splitlines()[0] + "\n"),
    "commas": (PERSONS_NAME, changed(";", ",")),
    "tabs": (PERSONS_NAME, changed(";", "\t")),
    "bars": (PERSONS_NAME, changed(";", "|")),
    "one column": (PERSONS_NAME, "identifiant\nx\n"),
    "windows line ends": (PERSONS_NAME, changed("\n", "\r\n")),
    "old line ends": (PERSONS_NAME, changed("\n", "\r")),
    "blank lines": (PERSONS_NAME, changed("\n", "\n\n")),
    "empty rows": (PERSONS_NAME, SOUND + ";" * (WIDTH - 1) + "\n"),
    "trailing separators": (PERSONS_NAME, changed("\n", ";;\n")),
    "title above": (PERSONS_NAME, "Personnes rencontrées au printemps\n\n" + SOUND),
    "total below": (PERSONS_NAME, SOUND + "Total;4" + ";" * (WIDTH - 2) + "\n"),
    "note below": (PERSONS_NAME, SOUND + "\nSource : outil de suivi du territoire\n"),
    "header again": (PERSONS_NAME, SOUND + SOUND.splitlines()[0] + "\n"),
    "short line": (PERSONS_NAME, SOUND + identifier("e") + ";2025-04-02\n" + PERSONS.text("f").splitlines()[1] + "\n"),
    "long line": (PERSONS_NAME, SOUND.rstrip("\n") + ";x;y\n"),
    "cut short": (PERSONS_NAME, SOUND + identifier("e") + ";2025-0"),
    "open quote": (PERSONS_NAME, SOUND + '"' + identifier("e") + ";2025-04-02\n"),
    "quoted": (PERSONS_NAME, "\n".join(";".join(f'"{cell}"' for cell in line.split(";")) for line in SOUND.split())),
    "line break in a cell": (PERSONS_NAME, changed("25_34", '"25_34\n"', 1).replace("seul", "seule")),
    "unknown columns": (PERSONS_NAME, PERSONS.text("a", "b", extra=("remarques", "rien"))),
    "name column": (PERSONS_NAME, PERSONS.text("a", "b", extra=("Nom d'usage", "x"))),
    "phone column": (PERSONS_NAME, PERSONS.text("a", "b", extra=("N° de téléphone", "x"))),
    "missing column": (PERSONS_NAME, PERSONS.text("a", without="tranche_age")),
    "near miss": (PERSONS_NAME, changed("tranche_age", "tranche_agee")),
    "near miss of an optional column": (PERSONS_NAME, changed("nombre_enfants", "nombre_enfan")),
    "folded names": (PERSONS_NAME, changed("date_premier_contact", "Dates du premier contact")
                     .replace("_code", " CODE")),
    "short names": (PERSONS_NAME, changed("nombre_enfants", "Nb d'enfants (à charge)").replace("date_inf", "Dt inf")),
    "same column twice": (PERSONS_NAME, PERSONS.text("a", extra=("tranche_age", "25_34"))),
    "header over two lines": (PERSONS_NAME, "Personne;;;;;;;;;;;\n" + SOUND),
    "objection": (PERSONS_NAME, with_bad(opposition="OUI")),
    "objection on another line": (PERSONS_NAME, PERSONS.text("a", "b", "a", bad={"opposition": "oui"})),
    "double": (PERSONS_NAME, PERSONS.text("a", "b", "a", "a")),
    "identifier in capitals": (PERSONS_NAME, SOUND.replace(identifier("a"), f" {identifier('a').upper()} ")),
    "identifier misshapen": (PERSONS_NAME, with_bad(identifiant="abc")),
    "identifier missing": (PERSONS_NAME, with_bad(identifiant=" ")),
    "before the experiment": (PERSONS_NAME, with_bad(date_premier_contact="2021-01-01")),
    "several faults": (PERSONS_NAME, with_bad(tranche_age="25-34 ans", nombre_enfants="-1", commune_code="1053",
                                              naissance_par_defaut="peut-être", date_information="31/02/2025")),
    "required if": (RIGHTS_NAME, RIGHTS.text("a", "b", bad={"date_demande": "", "types_non_recours": "NDEM|XX"})),
    "dates in disorder": (RIGHTS_NAME, RIGHTS.text("a", "b", bad={"date_decision": "2025-01-10"})),
    "not a payer": ("CNAF_droits_mensuels_2025-06.csv", MONTHS.text("a", "b", bad={"prestation": "ASS"})),
    "other columns": ("TZNR-05_reponses_2025-S1.csv", "identifiant;instrument;version;item;valeur;vague\n"),
    "no table": ("TZNR-05_autre_2025-T2.csv", "x;y\n1;2\n"),
}
DATES = ["2025-4-2", "02/04/2025", "2/4/2025", "2025/04/02", "02.04.2025", "02-04-2025", "2025-04-02 00:00:00",
         "2025-04-02T00:00:00", "2025 04 02", "20250402", "02/04/25", "45749", "infinity", "2025-02-29", "1899-12-31",
         "02/04/2025 10:30:00", " 2025-04-02 "]
NUMBERS = ["2", "2,0", "2.5", " 2 ", "1e1", "+2", "16", "-0", "inf", "nan", "1e13", "deux", "2 €", ".", "0x2",
           "1\u202f0", "2;", "1.2.3", "02"]
CODES = ["25_34", "25-34", "25 34", "25_34 ", "moins de 18", "MOINS_18", "Non renseigné", "non-renseigne", "75+",
         "75_PLUS", "œuvre"]


@pytest.mark.parametrize("case", FILES)
def test_a_file_gets_the_answer_of_the_platform(page: Page, tmp_path: Path, case: str) -> None:
    name, content = FILES[case]
    compare(page, write(tmp_path / name, content))


@pytest.mark.parametrize(("field", "spellings"), [
    ("date_premier_contact", DATES), ("nombre_enfants", NUMBERS), ("tranche_age", CODES),
    ("commune_code", ["01053", "2A004", "2a004", "1053", "0105 3"]), ("opposition", ["NON", "0", "Faux", "n", ""])])
def test_every_spelling_of_a_value_gets_the_answer_of_the_platform(page: Page, tmp_path: Path, field: str,
                                                                   spellings: list[str]) -> None:
    lines = [PERSONS.text(f"p{number}", bad={field: spelling.replace(";", "")}).splitlines()[1]
             for number, spelling in enumerate(spellings)]
    compare(page, write(tmp_path / PERSONS_NAME, "\n".join([SOUND.splitlines()[0], *lines]) + "\n"))


def test_amounts_get_the_answer_of_the_platform(page: Page, tmp_path: Path) -> None:
    lines = [MONTHS.text(f"p{number}", bad={"montant_du": amount, "mois_droit": month}).splitlines()[1]
             for number, (amount, month) in enumerate([
                 ("1 234,56", "2025-05"), ("1\u00a0234.5", "05/2025"), ("-12", "2025-5"), ("12 €", "2025-13"),
                 ("1e3", "2025-05-01"), ("1,234,5", "01/05/2025"), ("", "mai 2025"), ("99999999999", "202505")])]
    header = MONTHS.text("a").splitlines()[0]
    compare(page, write(tmp_path / "CNAF_droits_mensuels_2025-06.csv", "\n".join([header, *lines]) + "\n"))


def workbook(change: Callable[[Workbook], None] = lambda book: None) -> bytes:
    """The sound persons as a spreadsheet program keeps them: days, numbers and truth values of their own kind."""
    book, stream = Workbook(), io.BytesIO()
    for number, line in enumerate(SOUND.splitlines(), start=1):
        cells: list[object] = line.split(";")
        if number > 1:
            cells[1], cells[4], cells[9] = dt.date(2025, 4, 2), number, dt.datetime(2025, 4, 2)
            cells[11] = False if number % 2 else "non"
        book.active.append(cells)
    change(book)
    book.save(stream)
    return stream.getvalue()


def _title_above(book: Workbook) -> None:
    book.active.insert_rows(1, 3)
    book.active["A1"] = "Personnes rencontrées"
    book.active.merge_cells("A1:L1")


def _second_table(book: Workbook) -> None:
    book.copy_worksheet(book.active)


def _notes_sheet(book: Workbook) -> None:
    book.create_sheet("Lisez-moi", 0)["A1"] = "Ceci est une note"


def _hidden_sheet(book: Workbook) -> None:
    book.copy_worksheet(book.active).sheet_state = "hidden"


def _missing_code(book: Workbook) -> None:
    book.active["C3"], book.active["B4"], book.active["H4"] = None, 12, 1053


def _a_letter(book: Workbook) -> None:
    book.active.delete_rows(1, 9)
    for place, words in {"A1": "Bilan", "B4": "Bonjour,", "A6": "voici nos chiffres", "D9": "merci"}.items():
        book.active[place] = words


@pytest.mark.parametrize("change", [lambda book: None, _a_letter, _title_above, _second_table, _notes_sheet,
                                    _hidden_sheet, _missing_code], ids=lambda change: change.__name__)
def test_a_workbook_gets_the_answer_of_the_platform(page: Page, tmp_path: Path, change: Callable) -> None:
    compare(page, write(tmp_path / "TZNR-05_personnes_2025-T2.xlsx", workbook(change)))


@pytest.mark.parametrize("content", [b"PK\x03\x04 not a zip", b"%PDF-1.7", b"\x1f\x8b\x08rest"],
                         ids=["zip", "pdf", "gzip"])
def test_what_is_not_a_table_is_refused(page: Page, tmp_path: Path, content: bytes) -> None:
    verdict = page_verdict(page, write(tmp_path / PERSONS_NAME, content))
    assert verdict["reason"] in ("FILE_UNREADABLE", "FORMAT_UNSUPPORTED")


def compare(page: Page, path: Path) -> None:
    answer = receipt_of(path, path.name.split("_")[0])
    verdict = page_verdict(page, path)
    if verdict is None:
        assert answer.table is None
        return
    assert verdict["receipt"] == answer.csv
    assert verdict["status"] == answer.status


def page_verdict(page: Page, path: Path) -> dict | None:
    """Drop a file as a caseworker does and take the verdict; None when the page asks which table it is."""
    page.give("#file", path)
    page.wait("current.file !== null && (!byId('result-step').hidden "
              "|| byId('table-facts').textContent.startsWith('Choisissez'))")
    return page.run("current.verdict && (async ({ receipt, ...found }) => "
                    "({ ...found, receipt: new TextDecoder('utf-8', { ignoreBOM: true })"
                    ".decode(await receipt.arrayBuffer()) }))(current.verdict)")


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path

