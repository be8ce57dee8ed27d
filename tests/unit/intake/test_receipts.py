"""A receipt reads like a letter, whatever became of the file."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

import pytest

from tznr_platform import contracts
from tznr_platform.intake.arrivals import Delivery
from tznr_platform.intake.receipts import ReceiptWriter
from tznr_platform.settings import Settings
from tznr_platform.storage import connect

SOUND = Delivery(7, "TZNR-05", "personnes", "2025-T2", dt.date(2025, 4, 1), 1, "ab" * 32,
                 "TZNR-05_personnes_2025-T2.csv", dt.datetime(2026, 6, 15), "accepted", accepted_row_count=1234)
REFUSED = replace(SOUND, status_code="refused", accepted_row_count=0, reason_code="COLUMN_MISSING",
                  remarks=(("COLUMN_MISSING", "opposition"),))


@pytest.fixture
def letter(tmp_path):
    """Writes the receipt of a delivery with some refused lines; returns its text without tags."""
    settings = Settings(data_dir=tmp_path)

    def write(delivery: Delivery, *refusals: tuple[int, str, str]) -> str:
        with connect(None, settings=settings) as con:
            con.execute("create temp table refusals (delivery_id integer, line_number integer, field_name varchar, "
                        "reason_code varchar)")
            if refusals:
                con.executemany("insert into refusals values (7, ?, ?, ?)", refusals)
            ReceiptWriter(settings, []).write(con, [delivery])
        page = next(settings.receipts_dir.rglob("*.html")).read_text(encoding="utf-8")
        assert "http" not in page and "None" not in page
        body = page.partition("</style>")[2]
        return " ".join(re.sub(r"<[^>]+>", " ", body).split())

    return write


def test_all_is_well(letter):
    text = letter(SOUND)
    assert "Tout est accepté" in text and "1 234 lignes" in text and "15 juin 2026" in text
    assert "TZNR-05_personnes_2025-T2_v2.csv" in text


def test_lines_to_mend(letter):
    lines = [(line, "nombre_enfants", "OUT_OF_RANGE") for line in range(2, 32)]
    text = letter(replace(SOUND, status_code="partial", refused_row_count=30), *lines)
    assert "avec des lignes à corriger" in text and "et 10 autres" in text
    assert contracts.reason_codes()["OUT_OF_RANGE"].remedy in text.replace("&#39;", "'")


def test_objections_are_nothing_to_mend(letter):
    text = letter(replace(SOUND, status_code="partial", refused_row_count=1), (3, "identifiant", "OBJECTION"))
    assert "sans rien à corriger" in text and "Ne les transmettez plus" in text


def test_a_file_refused_whole_says_why_and_which(letter):
    text = letter(REFUSED)
    assert "Fichier refusé" in text and "Précision : opposition" in text and "À noter" not in text
    assert "lu en entier" not in text


def test_nothing_is_known_of_the_file(letter):
    text = letter(replace(REFUSED, sender_code=None, table_name=None, period=None, period_month=None, version=None,
                          file_name="a<script>.csv", reason_code="SENDER_UNKNOWN",
                          remarks=(("SENDER_UNKNOWN", ""),)))
    assert "Émetteur non identifié" in text and "a&lt;script&gt;.csv" in text


@pytest.mark.parametrize("code", [code for code, reason in contracts.reason_codes().items() if reason.level == "file"])
def test_every_refusal_of_a_file_has_its_letter(letter, code):
    assert contracts.reason_codes()[code].message in letter(
        replace(REFUSED, reason_code=code, remarks=((code, ""),))).replace("&#39;", "'")
