"""Every way in which a file can be bad: a French answer, its own reason, and nobody else is stopped."""

from __future__ import annotations

import csv
import errno
import os
import time
from pathlib import Path

import openpyxl
import pytest

from tests.byte_scan import hits
from tests.integration.intake_files import CANARY, PERSONS, Inbox
from tznr_platform import intake
from tznr_platform.errors import ExitCode, PermanentError, UserError
from tznr_platform.storage import lake, locks


def test_every_refusal_has_its_reason_and_the_good_file_lands(inbox: Inbox):
    inbox.put("TZNR-01_personnes_2025-T2.csv", PERSONS.text("good"))
    expected = {
        "TZNR-99_personnes_2025-T2.csv": ("SENDER_UNKNOWN", PERSONS.text("a")),
        "TZNR-02_mystere_2025-T2.csv": ("TABLE_UNKNOWN", "x;y\n1;2\n"),
        "TZNR-03_personnes.csv": ("PERIOD_UNKNOWN", PERSONS.text("a")),
        "TZNR-04_personnes_2025-T2.csv": ("FILE_EMPTY", ""),
        "TZNR-05_personnes_2025-T2.csv": ("NO_ROWS", PERSONS.text()),
        "TZNR-06_personnes_2025-T2.csv": ("COLUMN_MISSING", PERSONS.text("a", without="opposition")),
        "TZNR-07_personnes_2025-T2.csv": ("SEPARATOR_UNKNOWN", PERSONS.text("a").replace(";", "~")),
        "TZNR-08_personnes_2025-T2.csv": ("ENCODING_UNKNOWN", b"\x81\x8d\x00\x01" + os.urandom(200)),
        "TZNR-09_personnes_2025-T2.pdf": ("FORMAT_UNSUPPORTED", "%PDF"),
        "TZNR-10_personnes_2025-T2.csv": ("NOMINATIVE_COLUMN", PERSONS.text("a", extra=("Prénom", CANARY))),
        "TZNR-11_retours_2025-06.csv": ("SENDER_NOT_ALLOWED", "identifiant;code_territoire\n"),
        "TZNR-12_personnes_2025-T2.xlsx": ("FILE_UNREADABLE", b"PK\x03\x04 not a workbook"),
        "CNAF_entretiens_2025-S1.csv": ("SENDER_NOT_ALLOWED", "code_entretien;theme\n"),
    }
    for name, (_, content) in expected.items():
        inbox.put(name, content)
    (inbox.path / "TZNR-13_personnes_2025-T2.csv").mkdir()
    outcome = inbox.run()
    found = {delivery.file_name: delivery.reason_code for delivery in outcome.deliveries}
    assert found == {"TZNR-01_personnes_2025-T2.csv": None, "TZNR-13_personnes_2025-T2.csv": "NOT_A_FILE",
                     **{name: reason for name, (reason, _) in expected.items()}}
    assert outcome.accepted_rows == 1
    assert (inbox.settings.receipts_dir / "_inconnu" / "TZNR-99_personnes_2025-T2.html").exists()
    for code in ("TZNR-04", "TZNR-07", "TZNR-10", "TZNR-13"):
        assert list((inbox.settings.receipts_dir / code).glob("*.html")), code
    assert inbox.run().deliveries == ()


def test_a_file_being_written_is_left_for_the_next_run(inbox: Inbox, monkeypatch):
    inbox.put("TZNR-01_personnes_2025-T2.csv", PERSONS.text("a"))
    inbox.put("TZNR-02_personnes_2025-T2.csv.part", PERSONS.text("b"))
    moving = inbox.put("TZNR-03_personnes_2025-T2.csv", PERSONS.text("c"))
    monkeypatch.setattr(time, "sleep", lambda seconds: moving.write_text(PERSONS.text("c", "d")))
    os.utime(moving)
    outcome = inbox.run()
    assert [delivery.sender_code for delivery in outcome.deliveries] == ["TZNR-01"]
    assert [arrival.reason for arrival in outcome.waiting] == ["FILE_BEING_WRITTEN"] * 2
    monkeypatch.undo()
    answered = inbox.run().deliveries
    assert [(delivery.sender_code, delivery.accepted_row_count) for delivery in answered] == [("TZNR-03", 2)]


@pytest.mark.parametrize("kind", ["missing", "empty", "file"])
def test_no_inbox(inbox: Inbox, kind: str):
    if kind != "empty":
        inbox.path.rmdir()
    if kind == "file":
        inbox.path.write_text("x")
    with pytest.raises(UserError) as refusal:
        inbox.run()
    assert refusal.value.exit_code == ExitCode.INPUT and "boîte" in str(refusal.value)
    assert intake.inbox_fingerprint(inbox.settings) is None


def test_without_a_key_nothing_is_read(inbox: Inbox):
    inbox.put("TZNR-01_personnes_2025-T2.csv", PERSONS.text("a"))
    inbox.settings.key_file.unlink()
    with pytest.raises(UserError) as refusal:
        inbox.run()
    assert refusal.value.exit_code == ExitCode.CONFIGURATION
    assert not inbox.settings.receipts_dir.exists()


def test_two_runs_at_once(inbox: Inbox):
    inbox.put("TZNR-01_personnes_2025-T2.csv", PERSONS.text("a"))
    lock = locks.exclusive(inbox.settings.lake_dir / "intake.lock", "le lac")
    with lock, pytest.raises(UserError) as refusal:
        inbox.run()
    assert refusal.value.exit_code == ExitCode.BUSY


def test_a_full_disk_loses_nothing(inbox: Inbox, monkeypatch):
    inbox.put("TZNR-01_personnes_2025-T2.csv", PERSONS.text("a"))
    inbox.run()
    before = {path: path.read_bytes() for path in inbox.settings.lake_dir.rglob("*.parquet")}
    inbox.put("TZNR-02_personnes_2025-T2.csv", PERSONS.text("b"))

    def full(source: Path, target: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(lake.os, "replace", full)
    with pytest.raises(UserError) as refusal:
        inbox.run()
    assert refusal.value.exit_code == ExitCode.STORAGE
    monkeypatch.undo()
    assert all(path.read_bytes() == content for path, content in before.items())
    assert [delivery.sender_code for delivery in inbox.run().deliveries] == ["TZNR-02"]


def test_a_run_cut_before_the_register_starts_again(inbox: Inbox, monkeypatch):
    inbox.put("TZNR-01_personnes_2025-T2.csv", PERSONS.text("a"))
    monkeypatch.setattr("tznr_platform.intake.register.Register.add", lambda *_: 1 / 0)
    with pytest.raises(PermanentError):
        inbox.run()
    monkeypatch.undo()
    orphan = lake.accepted_file(inbox.settings, "personnes", "TZNR-30", "2025-T1", 1)
    orphan.parent.mkdir(parents=True)
    orphan.touch()
    copies = inbox.settings.spill_dir / "clean-x"
    copies.mkdir()
    assert inbox.run().accepted_rows == 1
    assert not orphan.exists() and not copies.exists()
    assert len(list((inbox.settings.receipts_dir / "TZNR-01").glob("*.html"))) == 1


def test_no_value_leaves_the_file(inbox: Inbox):
    """A canary in refused cells, unknown columns and a header that is none: in no byte produced."""
    inbox.put("TZNR-01_personnes_2025-T2.csv", PERSONS.text("a", extra=("couleur", CANARY)))
    for number, field in enumerate(PERSONS.columns, start=2):
        inbox.put(f"TZNR-{number:02d}_personnes_2025-T2.csv", PERSONS.text("ok", "bad", bad={field: CANARY}))
    inbox.put("TZNR-20_personnes_2025-T2.csv", f"{CANARY};{CANARY};3\n{CANARY};4;5\n")
    inbox.put("TZNR-21_personnes_2025-T2.csv", PERSONS.text("a") + f"{CANARY};short\n")
    book = openpyxl.Workbook()
    book.active.append([*PERSONS.columns, "autre"])
    book.active.append([CANARY] * (len(PERSONS.columns) + 1))
    book.properties.creator = CANARY
    book.save(inbox.path / "TZNR-22_personnes_2025-T2.xlsx")
    outcome = inbox.run()
    assert outcome.refused_rows >= len(PERSONS.columns)
    for path in inbox.settings.root.rglob("*"):
        if path.is_file() and inbox.path not in path.parents:
            assert CANARY.encode() not in path.read_bytes(), path


def test_the_csv_receipt_lists_every_line(inbox: Inbox):
    inbox.put("TZNR-01_personnes_2025-T2.csv", PERSONS.text(*"abcdefgh", bad={"nombre_enfants": "99"}))
    inbox.run()
    path = inbox.settings.receipts_dir / "TZNR-01" / "TZNR-01_personnes_2025-T2.csv"
    with path.open(encoding="utf-8-sig") as stream:
        rows = list(csv.reader(stream, delimiter=";"))
    assert rows[0] == ["ligne", "champ", "motif", "message"]
    assert [row[:3] for row in rows[1:]] == [["9", "nombre_enfants", "OUT_OF_RANGE"]]


def test_a_file_name_that_names_a_person_is_masked(inbox: Inbox):
    inbox.put("dossier Fatoumata DIALLO.csv", PERSONS.text("anna"))
    inbox.put("suivi_prenom.nom@exemple.fr.csv", PERSONS.text("bela"))
    inbox.put("TZNR-01/personnes 2025-T2.csv", PERSONS.text("carl"))
    inbox.put("export divers.csv", PERSONS.text("dora"))
    outcome = inbox.run()
    assert sorted(delivery.file_name for delivery in outcome.deliveries) == [
        "TZNR-01/personnes 2025-T2.csv", "[nom masqué].csv", "[nom masqué].csv", "export divers.csv"]
    assert not hits(inbox.settings.root, [b"DIALLO", b"prenom.nom"], skip=["inbox"])
    assert not inbox.run().deliveries
