"""A sender's text becomes a typed value, or nothing: never a wrong one."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from tznr_platform import contracts
from tznr_platform.intake.parsing import is_blank, parsed
from tznr_platform.settings import Settings
from tznr_platform.storage import connect

INTEGER = contracts.contract("personnes").field("nombre_enfants")
DATE, MONTH, NUMBER = (replace(INTEGER, type=kind) for kind in ("date", "yearmonth", "number"))
CODED = contracts.contract("personnes").field("tranche_age")
CHOICES = contracts.contract("droits").field("types_non_recours")
BOOLEAN = contracts.contract("personnes").field("opposition")


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    """Parses one text as a field."""
    with connect(None, settings=Settings(data_dir=tmp_path_factory.mktemp("data"))) as con:
        yield lambda field, text: con.execute(f"select {parsed(field, 'c0')} from (select ?::varchar as c0)",
                                              [text]).fetchone()[0]


@pytest.mark.parametrize(("field", "text", "value"), [
    (DATE, "2025-04-02", dt.date(2025, 4, 2)), (DATE, "02/04/2025", dt.date(2025, 4, 2)),
    (DATE, " 2025-04-02 ", dt.date(2025, 4, 2)), (DATE, "2025-04-02 00:00:00", dt.date(2025, 4, 2)),
    (DATE, "2025-02-30", None), (DATE, "2025-04-02 x", None), (DATE, "infinity", None), (DATE, "45000", None),
    (DATE, "04/2025", None), (DATE, "", None), (DATE, None, None),
    (MONTH, "2025-04", dt.date(2025, 4, 1)), (MONTH, "04/2025", dt.date(2025, 4, 1)),
    (MONTH, "2025-04-17", dt.date(2025, 4, 1)), (MONTH, "2025-13", None), (MONTH, "2025", None),
    (NUMBER, "1 234,50", 1234.5), (NUMBER, "1\u202f234.5", 1234.5), (NUMBER, "-3", -3.0),
    (NUMBER, "1.234,5", None), (NUMBER, "douze", None), (NUMBER, "12 €", None),
    (INTEGER, "12", 12), (INTEGER, "1 200", 1200), (INTEGER, "12,0", 12), (INTEGER, "1,5", None),
    (INTEGER, "0x10", None), (INTEGER, "nan", None), (INTEGER, "inf", None),
    (BOOLEAN, "Oui", True), (BOOLEAN, "0", False), (BOOLEAN, "non ", False), (BOOLEAN, "yes", None),
    (CODED, "25_34", "25_34"), (CODED, "25-34", "25_34"), (CODED, "26_34", None),
    (CODED, " NON renseigné", "non_renseigne"),
    (CHOICES, "NREC | ndem|NREC", "NDEM|NREC"), (CHOICES, "NREC|X", None), (CHOICES, "", None),
    (CHOICES, "|", None),
])
def test_texts(read, field, text, value):
    assert read(field, text) == value


@examples(max_examples=60, deadline=None)
@given(value=st.decimals(-10**9, 10**9, places=2, allow_nan=False))
def test_french_numbers_round_trip(read, value):
    french = f"{value:,}".replace(",", " ").replace(".", ",")
    assert read(NUMBER, french) == float(value)


@examples(max_examples=60, deadline=None)
@given(value=st.dates(dt.date(1900, 1, 1), dt.date(2100, 12, 31)))
def test_dates_round_trip(read, value):
    assert read(DATE, value.isoformat()) == read(DATE, value.strftime("%d/%m/%Y")) == value


@examples(max_examples=80, deadline=None)
@given(text=st.text(st.characters(blacklist_characters="\0", blacklist_categories=("Cs",)), max_size=12))
def test_any_text_is_read_or_refused(read, text):
    for field in (DATE, MONTH, NUMBER, INTEGER, BOOLEAN, CODED, CHOICES):
        read(field, text)


def test_blank_means_nothing_but_blanks(tmp_path):
    with connect(None, settings=Settings(data_dir=tmp_path)) as con:
        texts = "(values (null), (''), (' \t\u00a0'), ('x')) v(c0)"
        found = con.execute(f"select {is_blank('c0')} from {texts}").fetchall()
    assert [row[0] for row in found] == [True, True, True, False]
