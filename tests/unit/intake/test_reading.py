"""Any table as a French administration may write it: header, separator, encoding, lines that are not records."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
from pathlib import Path

import openpyxl
import pytest

from benchmarks import readers
from tznr_platform.intake.arrivals import FileRefusedError
from tznr_platform.intake.encodings import HEAD_BYTES, detect_encoding
from tznr_platform.intake.reading import ASIDE, RAGGED, ROW, read_table

NAMES = ["identifiant", "prestation", "date_demande"]
LIMIT = 50 << 20
TABLE = "identifiant;prestation;date_demande\na1;RSA;2025-04-02\nb2;Prime d'activité;03/04/2025\n"
ROWS = [(2, ["a1", "RSA", "2025-04-02"]), (3, ["b2", "Prime d'activité", "03/04/2025"])]


def write(folder: Path, content: str | bytes, name: str = "f.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(path: Path, known=NAMES):
    return read_table(path, known, max_bytes=LIMIT, folder=path.parent)


def refusal(path: Path, known=NAMES) -> str:
    with pytest.raises(FileRefusedError) as refused:
        list(read(path, known).lines())
    return refused.value.reason


def archive(**members: str | bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name.replace("__", "/").replace("_csv", ".csv"), content)
    return buffer.getvalue()


def workbook(folder: Path, name: str = "f.xlsx", merges: tuple[str, ...] = (), **sheets: list[list]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
        for merged in merges:
            sheet.merge_cells(merged)
    book.save(folder / name)
    return folder / name


@pytest.mark.parametrize("known", [NAMES, ()])
@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "iso-8859-1", "utf-16", "utf-16-le", "mac_roman",
                                      "cp850"])
def test_any_separator_in_any_encoding(tmp_path, encoding, separator, known):
    text = TABLE + "c3;éligible à l'aide;\n" * 3
    reading = read(write(tmp_path, text.replace(";", separator).encode(encoding)), known)
    assert list(reading.rows)[:2] == ROWS and reading.separator == separator
    assert reading.headers == tuple(NAMES)


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_line_endings(tmp_path, ending):
    assert list(read(write(tmp_path, TABLE.replace("\n", ending))).rows) == ROWS


def test_line_numbers_are_those_of_a_spreadsheet(tmp_path):
    """A blank line counts, a line end inside a quoted cell does not."""
    text = 'Extraction du 2 avril\n\nidentifiant;prestation\na;"RSA\nmajoré\nlocal"\n\nb;APL\nc\nd;"a ""b"""\n'
    reading = read(write(tmp_path, text))
    assert list(reading.lines()) == [
        (1, ASIDE, ["Extraction du 2 avril"]), (4, ROW, ["a", "RSA majoré local"]), (6, ROW, ["b", "APL"]),
        (7, RAGGED, ["c"]), (8, ROW, ["d", 'a "b"'])]
    assert (reading.header_line, reading.ragged_count) == (3, 1)
    assert ("LINES_ABOVE_IGNORED", "ligne 1") in reading.remarks


def test_totals_notes_and_repeated_headers_are_set_aside_and_told(tmp_path):
    text = TABLE + "identifiant;prestation;date_demande\nc3;APL;2025-05-01\nTotal;;3\n\nSource : logiciel métier\n"
    reading = read(write(tmp_path, text))
    assert [line for line, part, _ in reading.lines() if part == ROW] == [2, 3, 5]
    assert dict(reading.remarks) == {"LINES_ASIDE_IGNORED": "lignes 4, 8", "TOTAL_IGNORED": "ligne 6"}


def test_quotes_escaped_by_a_backslash(tmp_path):
    text = 'identifiant;prestation\n"a1";"dite \\"RSA\\" locale"\n"b2";"APL"\n'
    assert next(iter(read(write(tmp_path, text)).rows)) == (2, ["a1", 'dite "RSA" locale'])


def test_a_lone_note_in_the_middle_stays_a_line_of_the_table(tmp_path):
    text = TABLE + "\nune remarque isolée;;\n" + "c3;APL;2025-05-01\n"
    assert [part for *_, part, _ in read(write(tmp_path, text)).lines()] == [ROW] * 4


def test_trailing_empty_columns_and_blanks_around(tmp_path):
    reading = read(write(tmp_path, TABLE.replace("\n", ";;\n").replace(";", " ; ")))
    assert list(reading.rows) == ROWS


def test_lines_quoted_whole_and_blanks_before_quotes(tmp_path):
    wrapped = "".join(f'"{line}"\n' for line in TABLE.splitlines())
    assert list(read(write(tmp_path, wrapped)).rows) == ROWS
    spaced = 'identifiant, "prestation", "date_demande"\na1, "RSA, majoré", 2025-04-02\n'
    assert list(read(write(tmp_path, spaced)).rows) == [(2, ["a1", "RSA, majoré", "2025-04-02"])]


@pytest.mark.parametrize("content", [
    gzip.compress(TABLE.encode()), bz2.compress(TABLE.encode()), lzma.compress(TABLE.encode()),
    archive(dossier__export_csv=TABLE)], ids=["gzip", "bz2", "xz", "zip"])
def test_packed_files(tmp_path, content):
    assert list(read(write(tmp_path, content)).rows) == ROWS


def test_an_archive_of_several_files_is_several_tables(tmp_path):
    assert refusal(write(tmp_path, archive(a_csv=TABLE, b_csv=TABLE), "f.zip")) == "SEVERAL_TABLES"


def test_the_sheet_that_is_the_table(tmp_path):
    table = [[*NAMES], ["a1", "RSA", "2025-04-02"], ["b2", "APL", 45000]]
    note = [["Mode d'emploi"], ["Remplir la feuille 2"]]
    reading = read(workbook(tmp_path, Notice=note, Données=table))
    assert list(reading.rows) == [(2, ["a1", "RSA", "2025-04-02"]), (3, ["b2", "APL", "45000"])]
    assert reading.sheet == "Données"
    assert ("SHEETS_IGNORED", "feuille lue : n° 2 ; non lues : n° 1") in reading.remarks
    assert (2, ASIDE, ["Remplir la feuille 2"]) in list(read(tmp_path / "f.xlsx").lines())
    assert refusal(workbook(tmp_path, Janvier=table, Février=table)) == "SEVERAL_TABLES"


def test_merged_group_names_above_the_header(tmp_path):
    rows = [["Personne", "Demande", None], [*NAMES], ["a1", "RSA", "2025-04-02"]]
    reading = read(workbook(tmp_path, merges=("B1:C1",), F=rows))
    assert (reading.headers, reading.header_line) == (tuple(NAMES), 2)


def test_a_header_whose_cells_stand_on_two_rows(tmp_path):
    rows = [["identifiant", "prestation", "Date"], [None, None, "demande"], ["a1", "RSA", "2025-04-02"]]
    reading = read(workbook(tmp_path, merges=("A1:A2", "B1:B2"), F=rows))
    assert reading.headers == ("identifiant", "prestation", "Date demande")
    assert list(reading.rows) == [(3, ["a1", "RSA", "2025-04-02"])]


def test_a_header_over_several_rows_without_known_names_is_refused(tmp_path):
    text = "zone;nombre;part\n;de foyers;des foyers\nNord;12;0,5\nSud;13;0,4\nEst;9;0,1\n"
    assert refusal(write(tmp_path, text), ()) == "HEADER_AMBIGUOUS"


def test_blocks_of_merged_cells_among_the_records_are_refused(tmp_path):
    rows = [["zone", "part", "nombre"], ["a", 1, 2], ["b", 3, 4], ["c", 5, 6]]
    assert refusal(workbook(tmp_path, merges=("B3:C4",), F=rows), ()) == "HEADER_AMBIGUOUS"


def test_a_table_without_header_is_told(tmp_path):
    reading = read(write(tmp_path, "Nord;12;01/02/2025\nSud;13;02/02/2025\n"), ())
    assert [line for line, _ in reading.rows] == [1, 2]
    assert reading.remarks == (("HEADER_ABSENT", ""),)


def test_years_as_names_of_columns_are_a_header(tmp_path):
    assert read(write(tmp_path, "2023;2024;2025\n1;2;3\n4;5;6\n"), ()).header_line == 1


@pytest.mark.parametrize(("content", "reason"), [
    ("", "FILE_EMPTY"), ("\n \n", "FILE_EMPTY"), ("identifiant;prestation\n", "NO_ROWS"), ("a", "NO_ROWS"),
    ("un mot\nune autre ligne de texte\nencore une\n", "FILE_UNREADABLE"), (b"a;b\x00\x01", "FILE_UNREADABLE"),
    (b"\x81\xff;\x8d", "ENCODING_UNKNOWN"), ("é;à\n1;2\n".encode() + "ç;1\n".encode("cp1252"), "ENCODING_UNKNOWN"),
    ("a;b\n1;Ã©ligible\n2;3\n", "ENCODING_UNKNOWN"), (b"%PDF-1.7", "FORMAT_UNSUPPORTED"),
    ("<html><body>Session expirée</body></html>", "FILE_UNREADABLE"), ('{"a": {"b": 1}}', "FILE_UNREADABLE"),
    (TABLE + "c3;AP", "FILE_TRUNCATED"), (gzip.compress(TABLE.encode(), mtime=0)[:-20], "FILE_TRUNCATED"),
    (TABLE + 'c3;"APL\n' + TABLE, "FILE_TRUNCATED")])
def test_refusals(tmp_path, content, reason):
    assert refusal(write(tmp_path, content), ()) == reason


def test_a_page_saved_as_a_table(tmp_path):
    page = ("<html><body><h1>Export</h1><table><tr><th>identifiant<th>prestation</tr>"
            "<tr><td>a1<td>Aide &amp; soins</table></body></html>")
    assert list(read(write(tmp_path, page, "f.xls")).rows) == [(2, ["a1", "Aide & soins"])]


@pytest.mark.parametrize(("content", "encoding"), [
    ("é;à".encode(), "utf-8"), ("\ufeffé".encode(), "utf-8"), ("é;à".encode("cp1252"), "cp1252"),
    ("é;à".encode("utf-16"), "utf-16"), ("abcdefgh".encode("utf-16-le"), "utf-16-le"), (b"abc", "utf-8"),
    ("éàèç".encode("mac_roman"), "mac_roman"), ("éàèç".encode("cp850"), "cp850"), ("é".encode() * HEAD_BYTES, "utf-8")])
def test_encodings(content, encoding):
    assert detect_encoding(content[:HEAD_BYTES]) == encoding


def test_a_character_cut_at_the_end_of_the_head_is_no_other_encoding():
    assert detect_encoding((b"a" + "é".encode() * HEAD_BYTES)[:HEAD_BYTES]) == "utf-8"


def test_an_accent_far_beyond_the_head_is_seen(tmp_path):
    text = "identifiant;prestation\n" + "a1;RSA\n" * 20_000 + "b2;Éligible à l'été\n"
    rows = list(read(write(tmp_path, text.encode("cp1252"))).rows)
    assert rows[-1] == (20_002, ["b2", "Éligible à l'été"])


@pytest.mark.slow
@pytest.mark.skipif(not readers.MESSY.is_dir(), reason="the messy files of the shared data are not here")
def test_messy_files_read_as_a_careful_human_does():
    """Nearly all files that hold one table are read; none that holds no table is."""
    results = readers.judged(readers.messy(readers.MESSY), "ours")
    right = {kind: [ok for expected, _, ok in results if expected.readable == kind] for kind in readers.KINDS}
    assert all(right["no"]) and sum(right["yes"]) >= 0.97 * len(right["yes"]), right
    assert sum(right["partly"]) >= 0.8 * len(right["partly"])


def test_letters_lost_before_the_file_came_are_told(tmp_path):
    reading = read(write(tmp_path, "identifiant;prestation\na1;priv?e\n"))
    assert list(reading.rows) and ("CHARACTERS_LOST", "ligne 2") in reading.remarks
