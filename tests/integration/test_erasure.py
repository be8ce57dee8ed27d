"""A person erased is nowhere: not in a table, a database, an original, a temporary file."""

from __future__ import annotations

import gzip
import io
import json
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from tests.byte_scan import hits
from tests.integration.intake_files import MONTHS, PERSONS, RETURNS, RIGHTS, Inbox, identifier
from tznr_platform.errors import PermanentError, UserError
from tznr_platform.privacy import certificates, erasure
from tznr_platform.privacy.pseudonym import AnalysisKey
from tznr_platform.storage import audit, connect, lake, load_accepted, rebuild, registers, writer

LISTS = ("requests/erasures.parquet", "requests/exclusion.parquet")


def pseudonym(inbox: Inbox, name: str) -> str:
    return AnalysisKey.load(inbox.settings).second_pass(identifier(name))


def traces(inbox: Inbox, name: str) -> list[str]:
    """Files that hold the person's exchange identifier or pseudonym, but the lists that keep them out."""
    needles = [identifier(name).encode(), pseudonym(inbox, name).encode(), identifier(name).upper().encode()]
    return hits(inbox.settings.root, needles, skip=LISTS)


@pytest.fixture
def received(inbox: Inbox) -> Inbox:
    """Two persons in four tables, two versions of one of them, and a warehouse built on them."""
    inbox.put("TZNR-01_personnes_2025-T1.csv", PERSONS.text("anne", "bruno"))
    inbox.put("TZNR-01_droits_2025-T1.csv", RIGHTS.text("anne", "bruno"))
    inbox.put("CNAF/CNAF_retours_2025-06.csv", RETURNS.text("anne", "bruno"))
    inbox.put("CNAF/CNAF_droits_mensuels_2025-06.csv", MONTHS.text("anne", "bruno"))
    inbox.run()
    inbox.put("TZNR-01_personnes_2025-T1_v2.csv", PERSONS.text("anne", "bruno", "claire"))
    assert inbox.run().counts == {"accepted": 1}
    with writer(inbox.settings) as con:
        con.execute("set force_compression = 'uncompressed'")
        load_accepted(con, inbox.settings)
        con.execute("create table kept as from accepted.personnes join "
                    f"({registers.persons(inbox.settings)}) using (person_id)")
        con.execute("checkpoint")
        con.execute("delete from kept")
    return inbox


def lake_rows(certificate: certificates.Certificate) -> int:
    """Rows taken out of the lake: two versions of personnes, three other tables, the person dimension."""
    return sum(fact.row_count for fact in certificate.files if fact.path.startswith("lake/"))


def rows(inbox: Inbox, table: str) -> int:
    with connect(None, settings=inbox.settings) as con:
        load_accepted(con, inbox.settings)
        return con.execute(f"select count(*) from accepted.{table}").fetchone()[0]


def test_a_person_erased_leaves_no_byte(received: Inbox):
    before = traces(received, "anne")
    assert {Path(name).parts[0] for name in before} == {"inbox", "lake", "warehouse"}
    assert len([name for name in before if name.startswith("inbox")]) == 5
    certificate = erasure.erase(received.settings, [pseudonym(received, "anne")], why="demande", request_id="D-1")
    assert traces(received, "anne") == []
    assert certificate.is_complete and lake_rows(certificate) == 6 and certificate.request_id == "D-1"
    assert not received.settings.working_file.exists()
    assert [rows(received, table) for table in ("personnes", "droits", "retours", "droits_mensuels")] == [2, 1, 1, 1]
    assert received.query(f"select count(*) from ({registers.persons(received.settings)})") == [(2,)]


def test_a_person_erased_does_not_come_back_with_the_next_delivery(received: Inbox):
    erasure.erase(received.settings, [pseudonym(received, "anne")], why="demande")
    received.put("TZNR-01_personnes_2025-T1_v3.csv", PERSONS.text("anne", "bruno", "david"))
    received.run()
    assert rows(received, "personnes") == 2 and {name.split("/")[0] for name in traces(received, "anne")} == {"inbox"}


def test_the_others_keep_their_integer_and_their_rows(received: Inbox):
    everyone = f"from ({registers.persons(received.settings)}) order by pseudonym"
    before = {row[1]: row for row in received.query(everyone)}
    erasure.erase(received.settings, [gone := pseudonym(received, "anne")], why="demande")
    assert {row[1]: row for row in received.query(everyone)} == {key: row for key, row in before.items() if key != gone}


@pytest.mark.parametrize("pack", [
    lambda text: gzip.compress(text.encode()),
    lambda text: text.encode("utf-16"),
    lambda text: text.upper().encode(),
    lambda text: zipped("dossier.zip", zipped("fichier.csv", text.encode())),
], ids=["gzip", "utf-16", "upper case", "zip in a zip"])
def test_an_original_is_found_whatever_its_format(received: Inbox, pack):
    """It has no receipt: removing it would lose what the lake has not."""
    original = received.put("lot.bin", pack(PERSONS.text("anne")))
    certificate = erasure.erase(received.settings, [pseudonym(received, "anne")], why="demande")
    assert certificate.search.waiting_count == 1 and not certificate.is_complete and original.exists()


def zipped(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


def test_a_rectification_removes_only_what_is_no_longer_in_force(received: Inbox):
    certificate = erasure.erase(received.settings, [pseudonym(received, "anne")], why="rectification",
                                superseded_only=True)
    assert certificate.row_count == 1 and rows(received, "personnes") == 3
    assert received.query(f"select count(*) from ({registers.exclusions(received.settings)})") == [(0,)]
    names = {path.name for path in received.path.rglob("*.csv")}
    assert "TZNR-01_personnes_2025-T1.csv" not in names and "TZNR-01_personnes_2025-T1_v2.csv" in names


@pytest.mark.parametrize("step", ["write_without", "remove"])
def test_an_erasure_cut_anywhere_is_finished_by_the_next_process(received: Inbox, monkeypatch, step: str):
    with monkeypatch.context() as patch:
        patch.setattr(rebuild, step, lambda *_: (_ for _ in ()).throw(OSError("cut")))
        with pytest.raises(PermanentError):
            erasure.erase(received.settings, [pseudonym(received, "anne")], why="demande")
    with pytest.raises(UserError, match="interrompu"):
        connect(None, settings=received.settings)
    assert not list(received.settings.certificates_dir.glob("*"))
    certificate = erasure.resume(received.settings)
    assert lake_rows(certificate) == 6 and traces(received, "anne") == []
    assert erasure.resume(received.settings) is None


def test_the_certificate_names_nobody_and_the_audit_log_vouches_for_it(received: Inbox):
    certificate = erasure.erase(received.settings, [pseudonym(received, "anne")], why="demande")
    (path,) = certificates.verified(received.settings)
    known = json.loads(path.read_text())
    assert known["person_count"] == 1 and all(len(fact["sha256"]) == 64 for fact in known["files"])
    assert not [fact for fact in known["files"] if "CNAF_retours" in fact["path"]]
    assert audit.verify(received.settings) == 1
    assert certificate.certificate_id in path.with_suffix(".html").read_text()
    path.write_text(path.read_text().replace('"person_count": 1', '"person_count": 0'))
    with pytest.raises(UserError, match="certificat"):
        certificates.verified(received.settings)


def test_copies_for_the_desk_go_too_since_nothing_tells_whose_they_are(received: Inbox):
    copy = received.settings.requests_dir / "copies" / "2026-0001.json"
    lake.atomic_write_text(copy, "{}")
    certificate = erasure.erase(received.settings, [pseudonym(received, "anne")], why="demande")
    assert not copy.exists() and erasure.COPIES_REMARK in certificate.remarks


def test_a_leak_elsewhere_stops_the_act(received: Inbox):
    leak = received.settings.root / "receipts" / "fuite.txt"
    leak.write_text(identifier("anne"))
    with pytest.raises(UserError, match="fuite") as refusal:
        erasure.erase(received.settings, [pseudonym(received, "anne")], why="demande")
    assert identifier("anne") not in str(refusal.value)
    leak.unlink()
    assert erasure.resume(received.settings).is_complete


def test_lists_for_the_bodies_and_sealed_identifiers_are_written_again(received: Inbox):
    settings = received.settings
    people = dict(received.query(f"select pseudonym, person_id from ({registers.persons(settings)})"))
    sent = settings.exchange_dir / "lists" / "CNAF_liste_2026-06-15_v1.csv"
    lake.atomic_write_bytes(sent, "".join(f"{identifier(name)};TZNR-01\r\n" for name in ("anne", "bruno")).encode())
    with connect(None, settings=settings) as con:
        lake.write_parquet(con, f"select unnest({sorted(people.values())}) as person_id, 'x'::blob as sealed",
                           settings.exchange_dir / "sealed.parquet")
    erasure.erase(settings, [pseudonym(received, "anne")], why="demande")
    assert sent.read_bytes() == f"{identifier('bruno')};TZNR-01\r\n".encode() and sent.stat().st_mode & 0o777 == 0o600
    assert received.query(f"select count(*) from read_parquet({lake.quote(settings.exchange_dir / 'sealed.parquet')})"
                          ) == [(2,)]


def test_r20_a_restored_backup_has_neither_the_excluded_nor_the_erased(received: Inbox, tmp_path: Path):
    copy = erasure.save(received.settings, tmp_path / "copies")
    erasure.erase(received.settings, [pseudonym(received, "anne")], why="demande")
    certificate = erasure.restore(received.settings, copy, why="disque perdu")
    assert certificate.act == "restauration" and lake_rows(certificate) == 6
    assert traces(received, "anne") == [] and rows(received, "personnes") == 2
    assert not (received.settings.root / "restoring").exists()


def test_r20_nothing_can_be_read_before_the_list_is_applied_again(received: Inbox, tmp_path: Path, monkeypatch):
    copy = erasure.save(received.settings, tmp_path / "copies")
    erasure.erase(received.settings, [pseudonym(received, "anne")], why="demande")
    with monkeypatch.context() as patch:
        patch.setattr(rebuild, "write_without", lambda *_: (_ for _ in ()).throw(OSError("cut")))
        with pytest.raises(PermanentError):
            erasure.restore(received.settings, copy, why="disque perdu")
    with pytest.raises(UserError, match="interrompu"):
        connect(None, settings=received.settings)
    erasure.resume(received.settings)
    assert traces(received, "anne") == []


def test_r20_an_objection_told_since_the_backup_holds(received: Inbox, tmp_path: Path):
    copy = erasure.save(received.settings, tmp_path / "copies")
    received.put("TZNR-01_personnes_2025-T1_v3.csv", PERSONS.text("anne", "bruno", bad={"opposition": "oui"}))
    received.run()
    certificate = erasure.restore(received.settings, copy, why="disque perdu")
    assert lake_rows(certificate) == 6 and rows(received, "personnes") == 2
    assert {Path(name).parts[0] for name in traces(received, "bruno")} == {"inbox"}


def test_r20_a_lost_machine_gets_its_lists_back_with_the_lake(received: Inbox, tmp_path: Path):
    received.put("TZNR-01_personnes_2025-T1_v3.csv", PERSONS.text("anne", "bruno", bad={"opposition": "oui"}))
    received.run()
    copy = erasure.save(received.settings, tmp_path / "copies")
    for zone in ("lake", "exchange", "requests", "warehouse"):
        shutil.rmtree(received.settings.root / zone, ignore_errors=True)
    erasure.restore(received.settings, copy, why="machine perdue")
    assert received.query(f"select count(*) from ({registers.exclusions(received.settings)})") == [(1,)]
    assert {Path(name).parts[0] for name in traces(received, "bruno")} == {"inbox"}


def test_an_answered_archive_goes_whole_and_what_was_accepted_of_others_stays(received: Inbox):
    archive = received.put("lot.zip", zipped("TZNR-02_personnes_2025-T1.csv", PERSONS.text("anne", "david").encode()))
    packed = received.put("TZNR-03_personnes_2025-T1.csv.gz", gzip.compress(PERSONS.text("anne", "emma").encode()))
    assert received.run().accepted_rows == 4
    certificate = erasure.erase(received.settings, [pseudonym(received, "anne")], why="demande")
    assert certificate.is_complete and not archive.exists() and not packed.exists()
    assert rows(received, "personnes") == 4 and traces(received, "anne") == []


def test_a_rectification_done_since_the_backup_is_told(received: Inbox, tmp_path: Path):
    copy = erasure.save(received.settings, tmp_path / "copies")
    erasure.erase(received.settings, [pseudonym(received, "anne")], why="rectification", superseded_only=True)
    certificate = erasure.restore(received.settings, copy, why="disque perdu")
    assert erasure.REDO_REMARK in certificate.remarks and rows(received, "personnes") == 3


def test_an_altered_backup_replaces_nothing(received: Inbox, tmp_path: Path):
    copy = erasure.save(received.settings, tmp_path / "copies")
    (changed := next(copy.rglob("d*.parquet"))).write_bytes(changed.read_bytes() + b" ")
    with pytest.raises(UserError, match="abîmée"):
        erasure.restore(received.settings, copy, why="disque perdu")
    assert rows(received, "personnes") == 3
    assert not rebuild.pending_file(received.settings).exists()


def test_a_backup_has_no_key_and_is_kept_to_its_owner(received: Inbox, tmp_path: Path):
    copy = erasure.save(received.settings, tmp_path / "copies")
    assert copy.stat().st_mode & 0o077 == 0 and not list(copy.rglob("*.key"))
    secret = AnalysisKey.load(received.settings).secret
    assert hits(copy, [secret, secret.hex().encode()]) == []
    other = replace(AnalysisKey.load(received.settings), secret=bytes(32))
    received.settings.key_file.write_text(f"{other.version}:{other.secret.hex()}\n")
    with pytest.raises(UserError, match="autre clé"):
        erasure.restore(received.settings, copy, why="essai")


def test_old_backups_end_after_thirty_five_days(received: Inbox, tmp_path: Path):
    old = erasure.save(received.settings, tmp_path / "copies")
    manifest = json.loads((old / "manifest.json").read_text())
    (old / "manifest.json").write_text(json.dumps(manifest | {"created_at": "2026-01-01T00:00:00+00:00"}))
    fresh = erasure.save(received.settings, tmp_path / "copies")
    assert fresh.exists() and not old.exists()


@pytest.mark.parametrize(("who", "why"), [([], "demande"), (["0" * 64], " ")])
def test_an_erasure_needs_a_person_and_a_reason(received: Inbox, who: list[str], why: str):
    with pytest.raises(UserError):
        erasure.erase(received.settings, who, why=why)
