"""Fifty people who exist nowhere, planted wherever a sender may leave a name: found nowhere after everything has run.

The files of the senders themselves (the inbox) are where these values may be, and nothing else.
"""

from __future__ import annotations

import gzip
import hashlib
import hmac
import io
import zipfile
from pathlib import Path

import pytest

from tests.byte_scan import hits
from tests.integration.intake_files import PERSONS
from tznr_platform.synthetic import generate

ROOT = Path(__file__).resolve().parents[2]
KEY = bytes(range(32))
FIRST_NAMES = ("Fatoumata", "Jean-Baptiste", "Marie", "Mohamed", "Nathalie")
COUNT = 50
HEADER = PERSONS.columns


class Canary:
    """One invented person: a surname found in no language, a valid NIR, an address, an exchange identifier."""

    def __init__(self, number: int) -> None:
        letters = hashlib.sha256(f"canari {number}".encode()).hexdigest()[:8].translate(str.maketrans("0123456789",
                                                                                                       "ghijklmnop"))
        self.surname = f"Zq{letters}"
        self.first_name = FIRST_NAMES[number % len(FIRST_NAMES)]
        body = f"2{number % 100:02d}0399{number:03d}{number * 7 % 1000:03d}"
        self.nir = body + f"{97 - int(body) % 97:02d}"
        self.email = f"{self.surname.lower()}@exemple.fr"
        self.phone = f"06 {number:02d} 41 {97 - number:02d} 13"
        names = f"{self.surname.upper()}|{self.first_name.upper().replace('-', '')}"
        message = f"TZNR1|M1|{names}|1985-03-{number % 28 + 1:02d}"
        self.identifier = hmac.digest(KEY, message.encode(), "sha256").hex()

    @property
    def values(self) -> list[str]:
        return [self.surname, self.surname.upper(), self.nir, self.email, self.phone]


CANARIES = [Canary(number) for number in range(COUNT)]


def row(canary: Canary, **cells: str) -> list[str]:
    return [str((PERSONS.row | {"identifiant": canary.identifier} | cells)[name]) for name in HEADER]


def table(rows: list[list[str]], header: list[str] = HEADER) -> str:
    return "".join(";".join(line) + "\n" for line in [header, *rows])


def workbook(rows: list[list[str]], other: list[list[str]], author: str) -> bytes:
    from openpyxl import Workbook
    from openpyxl.comments import Comment

    book = Workbook()
    for line in [HEADER, *rows]:
        book.active.append(line)
    book.active.cell(1, 1).comment = Comment(author, author)
    hidden = book.create_sheet("suivi")
    hidden.sheet_state = "hidden"
    for line in other:
        hidden.append(line)
    book.properties.creator = book.properties.lastModifiedBy = author
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def archive(name: str, content: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr(name, content)
    return stream.getvalue()


def plant(inbox: Path) -> dict[str, str]:
    """Write the files; returns the outcome expected of each: accepted, partial (a line kept out) or refused."""
    one = CANARIES
    named = table([[*row(c), c.surname, c.first_name] for c in one[:5]], [*HEADER, "nom", "prenom"])
    noted = table([[*row(c), f"M. {c.surname} {c.first_name} a rappelé du {c.phone}"] for c in one[5:10]],
                  [*HEADER, "observations"])
    numbered = table([[*row(c), c.nir] for c in one[10:15]], [*HEADER, "ref_dossier"])
    mailed = table([row(c, commune_code=c.email) for c in one[15:20]])
    mistyped = table([row(one[20]), row(one[21], tranche_age=one[21].surname),
                      row(one[22], nombre_enfants=one[22].surname)])
    above = f"Saisi par {one[23].first_name} {one[23].surname} ({one[23].email})\n" + table([row(one[23])])
    files: dict[str, tuple[bytes, str]] = {
        "TZNR-04_personnes_2026-T2.csv": (named.encode(), "refused"),
        "TZNR-05_personnes_2026-T2.csv": (noted.encode("cp1252"), "refused"),
        "TZNR-06_personnes_2026-T2.csv": (numbered.encode("utf-16"), "refused"),
        "TZNR-07_personnes_2026-T2.csv": (mailed.encode(), "refused"),
        "TZNR-08_personnes_2026-T2.csv": (mistyped.encode(), "partial"),
        "TZNR-09_personnes_2026-T2.csv": (above.encode(), "refused"),
        "TZNR-10_personnes_2026-T2.xlsx": (workbook([row(c) for c in one[24:28]],
                                                    [["suivi"], *[[c.nir, c.email] for c in one[24:28]]],
                                                    one[24].surname), "refused"),
        "TZNR-11_personnes_2026-T2.xlsx": (workbook([row(c) for c in one[28:32]], [["rien à voir"]], one[28].surname),
                                           "accepted"),
        "TZNR-12_personnes_2026-T2.zip": (archive("TZNR-12_personnes_2026-T2.csv", numbered.encode()), "refused"),
        "TZNR-13_personnes_2026-T2.csv.gz": (gzip.compress(named.encode()), "refused"),
        f"dossier {one[40].first_name} {one[40].surname.upper()}.csv": (table([row(one[40])]).encode(), "refused"),
        "TZNR-14_courrier_2026-T2.docx": (archive("word/document.xml", one[41].surname.encode()), "refused"),
    }
    for name, (content, _) in files.items():
        (inbox / name).write_bytes(content)
    return {name: outcome for name, (_, outcome) in files.items()}


@pytest.fixture(scope="module")
def planted(tmp_path_factory, new_workspace):
    """A small synthetic inbox with the canaries' files among the others, and the main job run over it."""
    folder = tmp_path_factory.mktemp("canaries")
    space = new_workspace(folder)
    generate(folder / "boite", persons=200, seed=7, through="2026-06", answer_key_dir=folder / "corrige")
    expected = plant(folder / "boite")
    done = space.tznr("run", "--inbox", str(folder / "boite"))
    assert done.code == 0, done.err[-4000:]
    return space, expected, done


def test_each_file_gets_the_expected_answer(planted):
    import duckdb

    space, expected, _ = planted
    rows = duckdb.sql(f"select file_name, status_code from '{space.data}/lake/register/deliveries.parquet'").fetchall()
    found = {name.split("/")[0]: status for name, status in rows}
    clear = {name: outcome for name, outcome in expected.items() if not name.startswith("dossier")}
    assert {name: found.get(name) for name in clear} == clear


def test_no_value_of_a_canary_is_anywhere(planted):
    space, _, done = planted
    needles = [value.encode() for canary in CANARIES for value in canary.values]
    assert hits(space.data, needles) == []
    assert hits(ROOT / "dbt_project", needles) == []
    said = (done.out + done.err).encode()
    assert not any(needle in said for needle in needles)


def test_the_sender_learns_what_to_do_and_reads_no_value(planted):
    space, _, _ = planted
    letter = (space.data / "receipts" / "TZNR-05" / "TZNR-05_personnes_2026-T2.html").read_text()
    assert "numéros de téléphone" in letter and "colonne n°" in letter and "délégué à la protection" in letter


def test_no_exchange_identifier_is_anywhere(planted):
    space, _, done = planted
    needles = [canary.identifier.encode() for canary in CANARIES]
    needles += [bytes.fromhex(canary.identifier) for canary in CANARIES]
    assert hits(space.data, needles) == []
    assert not any(canary.identifier in done.out + done.err for canary in CANARIES)


def test_an_identifier_goes_out_in_the_list_to_a_body_and_nowhere_else(planted):
    """Runs last: it writes the list. Those accepted are in it; the identifiers of refused files are not."""
    space, _, _ = planted
    sent = space.tznr("listout", "--body", "CNAF", "--why", "essai")
    assert sent.code == 0, sent.err
    accepted = [CANARIES[20], *CANARIES[28:32]]
    listed = (space.data / "exchange" / "lists").glob("CNAF_*.csv")
    text = "".join(path.read_text() for path in listed)
    assert {canary.identifier for canary in CANARIES if canary.identifier in text} == {
        canary.identifier for canary in accepted}
    found = hits(space.data, [canary.identifier.encode() for canary in CANARIES])
    assert found and all(name.startswith("exchange/lists/") for name in found)
    assert not any(canary.identifier in sent.out + sent.err for canary in CANARIES)
