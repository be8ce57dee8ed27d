"""Fault matrix, rows R4, R8, R10, R11, R12 and R16: whatever a file is, it is read right or refused with a reason."""

from __future__ import annotations

import gzip
import io
import os
import random
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest

from tests.integration.intake_files import PERSONS, Inbox
from tznr_platform import intake

NAME = "TZNR-{:02d}_personnes_2025-T2"
TEXT = PERSONS.text(*"abcdef")


def workbook(text: str = TEXT) -> bytes:
    book = openpyxl.Workbook()
    for line in text.splitlines():
        book.active.append(line.split(";"))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def archive(members: dict[str, bytes | str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return buffer.getvalue()


def with_part(book: bytes, name: str, content: bytes) -> bytes:
    """A workbook one part of which is replaced, or added."""
    with zipfile.ZipFile(io.BytesIO(book)) as old:
        parts = {entry.filename: old.read(entry) for entry in old.infolist()}
    return archive(parts | {name: content})


def sheet(rows: str) -> bytes:
    return ('<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
            f"{rows}</sheetData></worksheet>").encode()


def answers(inbox: Inbox) -> dict[str, tuple[str | None, int]]:
    """Reason and accepted rows of each file; each has its two receipts."""
    deliveries = inbox.run().deliveries
    for delivery in deliveries:
        folder = inbox.settings.receipts_dir / (delivery.sender_code or "_inconnu")
        assert list(folder.glob("*.html")) and list(folder.glob("*.csv"))
    return {delivery.file_name: (delivery.reason_code, delivery.accepted_row_count) for delivery in deliveries}


def landed_bytes(inbox: Inbox) -> Iterator[bytes]:
    for path in (inbox.settings.lake_dir / "accepted").rglob("*.parquet"):
        rows = inbox.query(f"from read_parquet('{path}', hive_partitioning = false)")
        yield repr(rows).encode()


def test_r4_truncated_and_flipped_files_are_refused_and_load_no_row(inbox: Inbox):
    book, packed, text = workbook(), gzip.compress(TEXT.encode()), TEXT.encode()
    inbox.put(NAME.format(1) + ".csv", text[:-200])
    inbox.put(NAME.format(2) + ".xlsx", book[:len(book) // 2])
    inbox.put(NAME.format(3) + ".csv.gz", packed[:-30])
    inbox.put(NAME.format(4) + ".csv", text[:500] + b"\0" + text[501:])
    inbox.put(NAME.format(5) + ".csv", text[:500] + "é".encode() + text[501:600] + b"\xff" + text[601:])
    inbox.put(NAME.format(6) + ".csv.gz", packed[:60] + bytes([packed[60] ^ 1]) + packed[61:])
    place = book.index(b"xl/worksheets/sheet1.xml") + 200
    inbox.put(NAME.format(7) + ".xlsx", book[:place] + bytes([book[place] ^ 4]) + book[place + 1:])
    inbox.put(NAME.format(8) + ".csv", text.replace(b"seul", b'"seul', 1)[:-3])
    inbox.put(NAME.format(9) + ".csv", b"PAR1" + os.urandom(200) + b"PAR1")
    inbox.put(NAME.format(10) + ".zip", archive({NAME.format(10) + ".csv": TEXT})[:-40])
    assert {name[5:7]: answer for name, answer in answers(inbox).items()} == {
        "01": ("FILE_TRUNCATED", 0), "02": ("FILE_UNREADABLE", 0), "03": ("FILE_TRUNCATED", 0),
        "04": ("FILE_UNREADABLE", 0), "05": ("ENCODING_UNKNOWN", 0), "06": ("FILE_UNREADABLE", 0),
        "07": ("FILE_UNREADABLE", 0), "08": ("FILE_TRUNCATED", 0), "09": ("FORMAT_UNSUPPORTED", 0),
        "10": ("FILE_UNREADABLE", 0)}
    assert set(landed_bytes(inbox)) <= {b"[]"}


def test_r4_a_flipped_bit_anywhere_loads_all_rows_or_none(inbox: Inbox):
    """Checksums of workbooks and gzip tell; a table is never loaded in part."""
    chance = random.Random(4)
    for number in range(1, 31):
        suffix, content = (".xlsx", workbook()) if number % 2 else (".csv.gz", gzip.compress(TEXT.encode(), mtime=1))
        place = chance.randrange(len(content))
        inbox.put(NAME.format(number) + suffix,
                  content[:place] + bytes([content[place] ^ (1 << chance.randrange(8))]) + content[place + 1:])
    found = answers(inbox)
    assert len(found) == 30 and {rows for _, rows in found.values()} <= {0, 6}
    assert all(reason for reason, rows in found.values() if not rows)


@pytest.mark.parametrize(("content", "expected"), [
    (("\ufeff" + TEXT).encode(), (None, 6)),
    (TEXT.replace("chomage", "chômage").encode("cp1252"), (None, 6)),
    (TEXT.replace("chomage", "chômage").encode("utf-16"), (None, 6)),
    (PERSONS.text(*"abcdef", extra=("étape", "clôturée")).encode("mac_roman"), (None, 6)),
    (TEXT.replace("chomage", "chômage", 1).encode() + "ô\n".encode("cp1252"), ("ENCODING_UNKNOWN", 0)),
    (TEXT.replace("chomage", "chÃ´mage").encode(), ("ENCODING_UNKNOWN", 0)),
    (TEXT.replace("oral", "or\0al").encode(), ("FILE_UNREADABLE", 0)),
    (TEXT.replace("oral", "\u202eoral", 1).encode(), (None, 6)),
    (TEXT.replace("oral", "or\u2028al", 1).encode(), (None, 5)),
], ids=["bom", "cp1252", "utf-16", "mac", "mixed", "twice", "nul", "rtl", "u2028"])
def test_r8_decoded_or_refused(inbox: Inbox, content: bytes, expected: tuple):
    inbox.put(NAME.format(1) + ".csv", content)
    assert answers(inbox) == {NAME.format(1) + ".csv": expected}
    assert not any("Ã©".encode() in rows or "Ã´".encode() in rows for rows in landed_bytes(inbox))
    assert inbox.run().deliveries == ()


BOMBS = {
    "declared": lambda: archive({"[Content_Types].xml": "", "xl/worksheets/sheet1.xml": b"0" * (210 << 20)}),
    "ratio": lambda: archive({"[Content_Types].xml": "", "xl/worksheets/sheet1.xml": b"0" * (60 << 20)}),
    "entries": lambda: archive(
        {"[Content_Types].xml": "", **{f"xl/media/{number}.png": b"x" for number in range(250)}}),
    "corners": lambda: with_part(workbook(), "xl/worksheets/sheet1.xml", sheet(
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')),
    "million columns": lambda: with_part(workbook(), "xl/worksheets/sheet1.xml", sheet(
        "<row>" + "<c><v>1</v></c>" * 1_000_000 + "</row>" + "<row><c><v>1</v></c></row>" * 40)),
    "entities": lambda: with_part(workbook(), "xl/worksheets/sheet1.xml", (
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>' + sheet("<row><c><v>&e;</v></c></row>"))),
    "members": lambda: archive({NAME.format(1) + ".csv": b"0" * (60 << 20)}),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_r10_bombs_are_refused_before_they_are_unpacked(inbox: Inbox, bomb: str):
    name = NAME.format(1) + (".zip" if bomb == "members" else ".xlsx")
    inbox.put(name, BOMBS[bomb]())
    started = time.monotonic()
    assert answers(inbox) == {name: ("ARCHIVE_UNSAFE", 0)}
    assert time.monotonic() - started < 10


def reasons_and_memory(folder: Path) -> tuple[list[str], int]:
    """Why each file of a folder is refused, and the peak memory (MiB) of the process that read them all."""
    done = subprocess.run([sys.executable, "-c", READ_ALL, folder], capture_output=True, text=True, check=True)
    *reasons, kilobytes = done.stdout.split()
    return reasons, int(kilobytes) // 1024


READ_ALL = """
import re, sys
from pathlib import Path
from tznr_platform.intake.arrivals import FileRefusedError
from tznr_platform.intake.reading import read_table
for path in sorted(Path(sys.argv[1]).glob("*.*")):
    try:
        read_table(path, max_bytes=500 << 20, folder=path.parent)
        print("read")
    except FileRefusedError as refusal:
        print(refusal.reason)
print(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read in /proc")
def test_r10_memory_stays_small_before_bombs(tmp_path: Path):
    for name, make in BOMBS.items():
        (tmp_path / f"{name}.xlsx").write_bytes(make())
    (tmp_path / "gzip.csv").write_bytes(gzip.compress(b"a;b\n" * (50 << 20)))
    reasons, megabytes = reasons_and_memory(tmp_path)
    assert reasons == ["ARCHIVE_UNSAFE"] * (len(BOMBS) + 1) and megabytes < 512


def test_r10_macros_and_links_are_never_followed(inbox: Inbox):
    book = with_part(workbook(), "xl/vbaProject.bin", os.urandom(500))
    book = with_part(book, "xl/externalLinks/externalLink1.xml", b"<externalLink/>")
    inbox.put(NAME.format(1) + ".xlsm", book)
    assert answers(inbox) == {NAME.format(1) + ".xlsm": (None, 6)}


def test_r11_names_are_only_shown(inbox: Inbox):
    twins = [f"d\u00e9p\u00f4t/{NAME.format(3)}.csv", f"de\u0301po\u0302t/{NAME.format(4)}.csv"]
    inbox.put("envoi.zip", archive({
        f"../../{NAME.format(1)}.csv": PERSONS.text("a"), f"/etc/{NAME.format(2)}.csv": PERSONS.text("b"),
        "CON.csv": PERSONS.text("c"), f"{'long' * 75}_{NAME.format(5)}.csv": PERSONS.text("d"),
        "ligne\nretour\u202e.csv": "x;y\n1;2\n", **{twin: PERSONS.text(twin) for twin in twins}}))
    before = set(inbox.settings.root.parent.rglob("*"))
    outcome = inbox.run()
    assert len(outcome.deliveries) == 7 and outcome.counts["accepted"] >= 4
    assert not any("\n" in delivery.file_name or "\u202e" in delivery.file_name for delivery in outcome.deliveries)
    for path in set(inbox.settings.root.parent.rglob("*")) - before:
        assert inbox.settings.root in path.resolve().parents and len(path.name) < 120
    assert not [path for path in inbox.settings.spill_dir.rglob("*") if path.is_file()]
    again = inbox.run()
    assert again.deliveries == () and again.known_count == 7


def test_r11_hostile_names_in_a_receipt_are_escaped(inbox: Inbox):
    inbox.put("<img src=x onerror=alert(1)>.csv", "x;y\n1;2\n")
    inbox.run()
    letter = next((inbox.settings.receipts_dir / "_inconnu").glob("*.html")).read_text()
    assert "<img" not in letter and "&lt;img" in letter


def test_r12_a_huge_file_is_refused_in_under_a_second(inbox: Inbox):
    path = inbox.put(NAME.format(1) + ".csv", TEXT)
    with path.open("r+b") as stream:
        stream.truncate(10 << 30)
    os.utime(path, (1, 1))
    started = time.monotonic()
    scan = intake.scan(inbox.settings)
    assert time.monotonic() - started < 1
    assert [(arrival.reason, arrival.sha256) for arrival in scan.arrivals] == [("FILE_TOO_LARGE", "")]
    assert answers(inbox) == {NAME.format(1) + ".csv": ("FILE_TOO_LARGE", 0)}
    assert inbox.run().deliveries == ()


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read in /proc")
def test_r12_one_endless_line_is_refused_in_constant_memory(tmp_path: Path):
    with (tmp_path / "line.csv").open("wb") as stream:
        stream.write(b"identifiant;prestation;")
        for _ in range(300):
            stream.write(b"x" * (1 << 20))
    reasons, megabytes = reasons_and_memory(tmp_path)
    assert reasons == ["FILE_UNREADABLE"] and megabytes < 256


def test_r16_columns_renamed_reordered_added_or_missing(inbox: Inbox):
    lines = [line.split(";") for line in TEXT.splitlines()]
    inbox.put(NAME.format(1) + ".csv", "".join(";".join(reversed(line)) + "\n" for line in lines))
    inbox.put(NAME.format(2) + ".csv", TEXT.replace("date_premier_contact", "Date du premier contact", 1))
    inbox.put(NAME.format(3) + ".csv", PERSONS.text("a", "b", extra=("couleur", "SECRETE-77")))
    inbox.put(NAME.format(4) + ".csv", TEXT.replace("date_premier_contact", "date_premer_contacts", 1))
    inbox.put(NAME.format(5) + ".csv", PERSONS.text("a", without="tranche_age"))
    found = answers(inbox)
    assert {name[5:7]: answer for name, answer in found.items()} == {
        "01": (None, 6), "02": (None, 6), "03": (None, 2), "04": ("COLUMN_MISSING", 0), "05": ("COLUMN_MISSING", 0)}
    letters = {path.name[5:7]: path.read_text() for path in inbox.settings.receipts_dir.rglob("*.html")}
    assert "date_premier_contact : colonne n° 2, vouliez-vous dire « date_premier_contact » ?" in letters["04"]
    assert "premer" not in letters["04"] and "colonne n° 13" in letters["03"]
    for path in inbox.settings.root.rglob("*"):
        if path.is_file() and inbox.path not in path.parents:
            assert b"SECRETE-77" not in path.read_bytes() and b"couleur" not in path.read_bytes(), path

