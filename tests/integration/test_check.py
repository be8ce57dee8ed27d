"""The check before sending gives the platform's own answer, and leaves nothing behind."""

from __future__ import annotations

import csv
import io
import tempfile
import zipfile
from pathlib import Path

import pytest

from tests.integration.intake_files import CANARY, MONTHS, PERSONS, RETURNS, Inbox
from tznr_platform.errors import ExitCode, UserError
from tznr_platform.sender.check import Checked, check

GOOD = PERSONS.text("a", "b", "c")
BAD = PERSONS.text("a", "b", "c", bad={"tranche_age": "trente", "date_information": "2025-13-01"})


def put(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def answer(checked: Checked) -> tuple:
    (delivery,) = checked.deliveries
    return delivery.status_code, delivery.accepted_row_count, delivery.refused_row_count, delivery.reason_code


def test_the_same_receipt_as_the_platform(tmp_path, inbox: Inbox):
    """Same status, same counts, same lines, fields and reasons; one remark more, that tells what was not looked at."""
    cases = {"TZNR-01_personnes_2025-T2.csv": GOOD, "TZNR-02_personnes_2025-T2.csv": BAD,
             "TZNR-03_personnes_2025-T2.csv": PERSONS.text("a", without="opposition"),
             "TZNR-04_personnes_2025-T2.csv": PERSONS.text("a", extra=("courriel", CANARY)),
             "TZNR-05_personnes_2025-T2.csv": PERSONS.text("a", extra=("remarque", "marie.dupont@exemple.fr"))}
    for name, content in cases.items():
        inbox.put(name, content)
    inbox.run()
    for delivery in _deliveries(inbox):
        out = tmp_path / delivery.sender_code
        checked = check(put(tmp_path, delivery.file_name, cases[delivery.file_name]), delivery.sender_code, out=out)
        assert answer(checked) == (delivery.status_code, delivery.accepted_row_count, delivery.refused_row_count,
                                   delivery.reason_code)
        theirs = _receipt(inbox.settings.receipts_dir, delivery.sender_code)
        ours = _receipt(out, delivery.sender_code)
        assert [row for row in ours if row[2] != "TRIAL_ONLY"] == theirs
        assert (len(ours) > len(theirs)) == (delivery.reason_code is None)


def _deliveries(inbox: Inbox) -> list:
    from tznr_platform.intake.register import Register
    from tznr_platform.storage import connect
    with connect(None, settings=inbox.settings) as con:
        return Register(con, inbox.settings).deliveries


def _receipt(folder: Path, sender: str) -> list[list[str]]:
    (path,) = (folder / sender).glob("*.csv")
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig")), delimiter=";"))[1:]


def test_a_body_checks_without_any_list(tmp_path):
    returns = put(tmp_path, "CNAF_retours_2025-06.csv", RETURNS.text("a", "b"))
    assert answer(check(returns, "CNAF")) == ("accepted", 2, 0, None)
    months = put(tmp_path, "CNAF_droits_mensuels_2025-06.csv", MONTHS.text("a", "b", bad={"statut": "PEUT_ETRE"}))
    checked = check(months, "CNAF")
    assert answer(checked) == ("partial", 1, 1, None)
    assert checked.groups() == [("statut", "ENUM_UNKNOWN", [3])]


def test_the_name_may_be_anything(tmp_path):
    export = put(tmp_path, "export du 3 mars.csv", GOOD)
    assert answer(check(export, "tznr 5", table="personnes", period="2025-T2")) == ("accepted", 3, 0, None)
    assert answer(check(export, "TZNR-05", period="2025-T2"))[0] == "accepted"
    assert answer(check(export, "TZNR-05"))[3] == "PERIOD_UNKNOWN"


@pytest.mark.parametrize(("sender", "more"), [
    ("PERSONNE", {}), ("TZNR-05", {"table": "x"}), ("TZNR-05", {"period": "x"}), ("TZNR-06", {})])
def test_what_it_cannot_know(tmp_path, sender, more):
    with pytest.raises(UserError) as caught:
        check(put(tmp_path, "TZNR-05_personnes_2025-T2.csv", GOOD), sender, **more)
    assert caught.value.exit_code in (ExitCode.USAGE, ExitCode.INPUT)


def test_an_archive_is_checked_file_by_file(tmp_path):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("TZNR-05_personnes_2025-T1.csv", GOOD)
        archive.writestr("TZNR-05_personnes_2025-T2.csv", BAD)
    checked = check(put(tmp_path, "envoi.zip", stream.getvalue()), "TZNR-05")
    assert [delivery.status_code for delivery in checked.deliveries] == ["accepted", "partial"]
    assert not checked.is_refused


def test_nothing_is_left(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    sent = put(tmp_path, "TZNR-05_personnes_2025-T2.csv", BAD)
    check(sent, "TZNR-05")
    assert sent.read_text() == BAD and not list((tmp_path / "temporary").iterdir())


def test_the_command(tmp_path, workspace):
    good, bad = (put(tmp_path, f"TZNR-0{number}_personnes_2025-T2.csv", content)
                 for number, content in ((5, BAD), (6, PERSONS.text("a", without="tranche_age"))))
    done = workspace.tznr("check", str(good), "--sender", "TZNR-05", "--out", str(tmp_path / "accuses"))
    assert done.code == 0 and "tranche_age" in done.out and "ligne : 4)" in done.out, done.out
    assert "trente" not in done.out and list((tmp_path / "accuses" / "TZNR-05").glob("*.html"))
    refused = workspace.tznr("check", str(bad), "--sender", "TZNR-06")
    assert refused.code == 3 and "tranche_age" in refused.out and not refused.err
    assert not workspace.data.exists()
