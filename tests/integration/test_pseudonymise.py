"""A sender's table with identities becomes the same table with identifiers, whatever file it comes in."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tznr_platform.errors import UserError
from tznr_platform.privacy.exchange import ExchangeKey
from tznr_platform.sender import tables
from tznr_platform.sender.pseudonymise import Outcome, _cell_sql, pseudonymise
from tznr_platform.sender.workshop import workshop

ROOT = Path(__file__).resolve().parents[2]
VECTORS = json.loads((ROOT / "tests" / "golden_vectors.json").read_text())
KEY = ExchangeKey("tznr1_m1_k1v1", bytes.fromhex(VECTORS["key_hex"]))
HEADER = "Nom de naissance;Prénoms;Date de naissance;tranche_age;date_premier_contact"
ROWS = ["D’Hérouville-Müller;Jean-Pierre;07/03/1985;35_44;2025-01-02",
        "DHEROUVILLE MULLER;Jean Pierre;1985-03-07;35_44;-5", "Иванов;Пётр;07/03/1985;35_44;2025-01-02",
        "O'Brien;Mary;01/01/1990;  25_34 ;=1+1", "Dupont née Martin;Anne;1;x;y",
        'Martin;"Éloïse, Marie";1971-00-00;"a ""b""";"c;d"', "Dupont;Jean;31/02/1985;x;y"]
IDENTIFIER = VECTORS["accepted"][0]["identifier"]
MADE = "identifiant;version_identifiant;naissance_par_defaut;homonyme_possible"


def made(tmp_path: Path, content: bytes, name: str = "fichier.csv",
         **given: str) -> tuple[Outcome, str, list[list[str]]]:
    """The outcome, the text written and the rows of the report."""
    source, out, report = tmp_path / name, tmp_path / "out.csv", tmp_path / "report.csv"
    source.write_bytes(content)
    with workshop() as place:
        outcome = pseudonymise(source, out, KEY, place, report=report, given=given)
    assert out.stat().st_mode & 0o077 == 0
    with report.open(encoding="utf-8-sig", newline="") as stream:
        return outcome, out.read_bytes().decode(), list(csv.reader(stream, delimiter=";"))[1:]


def text(*rows: str, header: str = HEADER, end: str = "\n") -> str:
    return end.join([header, *rows]) + end


def test_a_regular_file(tmp_path):
    outcome, out, report = made(tmp_path, text(*ROWS).encode())
    assert outcome == Outcome(row_count=4, refused_count=3, homonym_count=2, default_birth_count=2)
    lines = out.split("\r\n")
    assert lines[0] == f"\ufeff{MADE};tranche_age;date_premier_contact"
    assert lines[1] == f"{IDENTIFIER};tznr1_m1_k1v1;non;oui;35_44;2025-01-02"
    assert lines[2] == f"{IDENTIFIER};tznr1_m1_k1v1;non;oui;35_44;-5"
    assert lines[3].endswith(";tznr1_m1_k1v1;oui;non;25_34;=1+1")
    assert lines[4].endswith(';tznr1_m1_k1v1;oui;non;"a ""b""";"c;d"') and lines[5:] == [""]
    assert [row[:2] for row in report] == [["4", "EMPTY_NAME"], ["6", "SEVERAL_NAMES"], ["8", "DATE_INVALID"]]
    assert not any(word in str(report) for word in ("Martin", "Иванов", "31/02"))


@pytest.mark.parametrize("content", [
    text(*ROWS).encode("utf-8-sig"), text(*ROWS, end="\r\n").encode(),
    text(*ROWS).encode("utf-16"), text(*ROWS).replace("Иванов;Пётр", "-;-").encode("cp1252")],
    ids=["mark", "crlf", "utf-16", "windows-1252"])
def test_however_it_is_written(tmp_path, content):
    expected = made(tmp_path, text(*ROWS).encode())
    assert made(tmp_path, content) == expected


def test_lines_of_an_odd_file_are_those_of_a_spreadsheet(tmp_path):
    rows = [*ROWS[:2], "", *ROWS[2:4], '"Le\nGall";Yann;07/03/1985;a;b', *ROWS[4:], "trop;de;cellules;a;b;c"]
    outcome, out, report = made(tmp_path, text(*rows).encode())
    assert outcome.row_count == 5 and len(out.split("\r\n")) == 7
    assert [row[:2] for row in report] == [["5", "EMPTY_NAME"], ["8", "SEVERAL_NAMES"], ["10", "DATE_INVALID"],
                                           ["11", "COLUMN_COUNT"]]


def test_row_path_equals_column_path(tmp_path, monkeypatch):
    content = text(*(";".join([row[0], row[1], row[2], "a", "b"]) for row in _plain_vectors())).encode()
    expected = made(tmp_path, content)
    nothing = "(select null::bigint as line, false as is_ragged, ''" + "".join(
        f", '' as c{rank}" for rank in range(5)) + ")"
    monkeypatch.setattr(tables, "_as_it_lies", lambda reading: tables.Table(reading.headers, nothing, row_count=-1))
    assert made(tmp_path, content) == expected
    assert expected[0].row_count and expected[0].refused_count


def _plain_vectors() -> list[list[str]]:
    cells = [[vector[name] for name in ("birth_name", "first_names", "birth_date")]
             for vector in VECTORS["accepted"] + VECTORS["refused"]]
    return [row for row in cells if not any(char in cell for cell in row for char in "\n\t;\"")]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(max_size=6) | st.text(' a;"\t\n\r\x0b\x1c\x85\u00a0\u2003\u200b=-é', max_size=8), max_size=20))
def test_kept_cells_are_tidied_and_quoted_as_by_rows(cells):
    with duckdb.connect() as con:
        found = con.execute(f"select {_cell_sql('cell')} from (select unnest($cells::varchar[]) as cell)",
                            {"cells": cells}).fetchall()
    assert [row[0] for row in found] == [_as_written(" ".join(cell.split())) for cell in cells]


def _as_written(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if set(cell) & set(';"') else cell


def test_a_workbook_with_true_dates(tmp_path):
    import datetime as dt

    from openpyxl import Workbook

    book = Workbook()
    for row in [["nom", "prenom", "date_naissance", "commune_code"], ["Łukasz", "Ægir", dt.date(1985, 3, 7), "01053"],
                ["Łukasz", "Ægir", "07/03/1985", "01053"], ["Łukasz", "Ægir", 31113, "01053"]]:
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    outcome, out, report = made(tmp_path, stream.getvalue(), "fichier.xlsx")
    assert (outcome.row_count, [row[:2] for row in report]) == (2, [["4", "DATE_INVALID"]])
    assert out.count("cc92f2e6e7bb5fd1") == 2 and out.endswith(";oui;01053\r\n")


def test_columns_can_be_named_and_made_ones_are_replaced(tmp_path):
    content = "A;B;C;identifiant;commune_code\nŁukasz;Ægir;07/03/1985;ancien;01053\n".encode()
    _, out, _ = made(tmp_path, content, nom="A", prenom="b", naissance="C")
    assert out.startswith(f"\ufeff{MADE};commune_code\r\ncc92f2e6e7bb5fd1") and "ancien" not in out


def test_other_columns_that_name_people_stay_home(tmp_path):
    content = "nom;prenom;nom_usage;date_naissance;commune_code;courriel\na;b;CANARI;1985-03-07;01053;c@d.fr\n"
    outcome, out, _ = made(tmp_path, content.encode())
    assert outcome.left_out == (3, 6) and out.split("\r\n")[0] == f"\ufeff{MADE};commune_code"
    assert "CANARI" not in out and "@" not in out


@pytest.mark.parametrize(("content", "word"), [
    ("nom;prenom;commune_code\na;b;c\n", "naissance"),
    ("nom;nom;prenom;date_naissance\na;b;c;1985-03-07\n", "deux fois"),
    ("", "vide"), ("Ceci est une lettre, et rien de plus.\n", "")])
def test_refused_whole(tmp_path, content, word):
    with pytest.raises(UserError) as caught:
        made(tmp_path, content.encode())
    assert word in str(caught.value) and "CANARI" not in str(caught.value)
    assert not (tmp_path / "out.csv").exists() and not list(tmp_path.glob("*.part"))


def tznr(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("TZNR_", "DBT_", "DAGSTER_"))}
    return subprocess.run([sys.executable, "-W", "ignore", "-m", "tznr_platform.cli", *arguments], cwd=folder,
                          env={**clean, "PYTHONPATH": str(ROOT), **environment}, capture_output=True, text=True,
                          check=False)


def test_the_command_and_the_two_keys(tmp_path):
    (tmp_path / "fichier.csv").write_text(text(*ROWS))
    key = tmp_path / "k1.key"
    key.write_text(f"K1-1:{VECTORS['key_hex']}\n")
    key.chmod(0o600)
    command = ["pseudonymise", "fichier.csv", "--key-file", "k1.key", "--out", "envoi.csv"]
    done = tznr(tmp_path, *command)
    assert done.returncode == 0 and "4\u00a0lignes écrites" in done.stdout and not done.stderr, done.stderr
    assert (tmp_path / "envoi_a_corriger.csv").exists() and IDENTIFIER in (tmp_path / "envoi.csv").read_text()
    for variable in ("TZNR_DATA_DIR", "TZNR_ANALYSIS_KEY_FILE", "TZNR_K1"):
        assert tznr(tmp_path, *command, **{variable: str(tmp_path / "ailleurs")}).returncode == 4
    vault = tmp_path / "data" / "vault"
    vault.mkdir(parents=True)
    (vault / "k2.key").write_text("K2")
    refused = tznr(tmp_path, *command)
    assert refused.returncode == 4 and "K2" in refused.stderr
