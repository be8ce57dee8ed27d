"""What the first bytes of a file tell."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tznr_platform.intake.arrivals import FileRefusedError
from tznr_platform.intake.shape import HEAD_BYTES, detect_encoding, shape_of_text

NAMES = ["identifiant", "prestation", "date_demande"]
MESSY = Path(__file__).parents[4] / "shared" / "data" / "messy"


@pytest.mark.parametrize(("content", "encoding"), [
    ("é;à".encode(), "utf-8"), ("\ufeffé".encode(), "utf-8"), ("é;à".encode("cp1252"), "cp1252"),
    ("é;à".encode("utf-16"), "utf-16"), ("abcdefgh".encode("utf-16-le"), "utf-16-le"), (b"abc", "utf-8"),
    ("é".encode() * HEAD_BYTES, "utf-8")])
def test_encodings(content, encoding):
    assert detect_encoding(content[:HEAD_BYTES]) == encoding


def test_a_character_cut_at_the_end_of_the_head_is_no_other_encoding():
    assert detect_encoding((b"a" + "é".encode() * HEAD_BYTES)[:HEAD_BYTES]) == "utf-8"


@pytest.mark.parametrize(("text", "delimiter", "line"), [
    ("identifiant;prestation\n1;2\n", ";", 1), ("Identifiant,Prestation,x\n", ",", 1),
    ("Titre, avec une virgule\n\nidentifiant;prestation\n", ";", 3), ("identifiant|prestation\n", "|", 1),
    ("col1;col2;col3\n", ";", 1)])
def test_headers(tmp_path, text, delimiter, line):
    (tmp_path / "f.csv").write_text(text)
    shape = shape_of_text(tmp_path / "f.csv", NAMES)
    assert (shape.delimiter, shape.header_line) == (delimiter, line)


@pytest.mark.parametrize(("content", "reason"), [
    (b"identifiant~prestation\n", "SEPARATOR_UNKNOWN"), (b"\n\n  \n", "FILE_EMPTY"), 
    (b"a;b\x00\x01", "FILE_UNREADABLE"), (b"\x81\xff;\x8d", "ENCODING_UNKNOWN")])
def test_refusals(tmp_path, content, reason):
    (tmp_path / "f.csv").write_bytes(content)
    with pytest.raises(FileRefusedError) as refusal:
        shape_of_text(tmp_path / "f.csv", NAMES)
    assert refusal.value.reason == reason


@pytest.mark.skipif(not MESSY.is_dir(), reason="the messy files of shared data are not here")
def test_messy_files_read_as_a_careful_human_does():
    """Encoding and separator of the files of the collection that hold a sound table."""
    with (MESSY / "expected.csv").open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream)
                if row["format"] == "csv" and row["readable"] == "yes" and int(row["columns"]) > 1
                and row["encoding"] in ("utf-8", "utf-8-sig", "cp1252") and row["header_line"] == "1"
                and row["separator"] in (";", ",", "|")]
    wrong = []
    for row in rows:
        try:
            shape = shape_of_text(MESSY / row["path"], [])
        except FileRefusedError as refusal:
            wrong.append((row["path"], refusal.reason))
            continue
        if (shape.delimiter, shape.encoding) != (row["separator"], row["encoding"].removesuffix("-sig")):
            wrong.append((row["path"], shape.delimiter, shape.encoding))
    assert len(rows) > 60 and len(wrong) <= len(rows) // 20, wrong
