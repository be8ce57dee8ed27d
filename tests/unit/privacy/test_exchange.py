"""The exchange identifier: the shared vectors by both paths, columns equal to rows on any text, the key file."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tznr_platform.errors import ExitCode, UserError
from tznr_platform.privacy import identity, identity_columns
from tznr_platform.privacy.exchange import ExchangeKey, Pseudonym, PseudonymProvider
from tznr_platform.privacy.identity import IdentityRefusedError, canonical

VECTORS = json.loads((Path(__file__).resolve().parents[2] / "golden_vectors.json").read_text())
KEY = ExchangeKey("tznr1_m1_k1v1", bytes.fromhex(VECTORS["key_hex"]))
RULES = {"name": identity.canonical_name, "first_name": identity.canonical_first_name,
         "birth": identity.canonical_date}
VECTOR_TABLE = "(select $birth_name as name, $first_names as first_name, $birth_date as birth)"
NASTY = ["é", "e\u0301", "\u0301", "’", "'", "-", "\u2010", "\u2011", "\u2212", "\u00a0", "\u202f", "\u2028", "\u0085",
         "\t", "\n", "\x0b", "\x1c", "\u200b", "\ufeff", "Œ", "œ", "ß", "ẞ", "ı", "İ", "i\u0307", "ﬁ", "ǅ", "Ŧ", "ŉ",
         "K", "Å", "ẛ", "ſ", "Ａ", "，", "；", "；", ";", ",", "Я", "ح", "़", "ः", "ᾳ", "̈́", "Ế", "ế", "가", "ᄀ", "ᅡ",
         "NÉE", "née ", "ép. ", "EPOUSE", " dit ", "Ł", "ø", "×", "½", "²", "①", "🙂", "\ud7ff", "\U0001d400"]
pieces = st.sampled_from(NASTY) | st.text(max_size=4) | st.text("ABCdeé -,;'", max_size=8)
names = st.lists(pieces, max_size=6).map("".join)
two, four = st.integers(0, 40).map("{:02}".format), st.integers(0, 9999).map("{:04}".format)
mark = st.sampled_from("/-. \u2212")
hours = st.sampled_from(["", " ", "T00:00:00", " 00:00:00.0", " 01:00", "Z"])
dates = (st.builds("{}-{}-{}{}".format, four, two, two, hours)
         | st.builds(lambda d, m, y, a, b: f"{d}{a}{m}{b}{y}", two, st.integers(0, 13), four, mark, mark)
         | st.builds(lambda d, m, y, a: f" {d}{a}{m}{a}{y}\u00a0", st.integers(0, 33), two, four, mark) | names)


@pytest.fixture(scope="module")
def con():
    with duckdb.connect() as connection:
        identity_columns.install(connection)
        yield connection


def by_row(part: str, cell: str) -> str:
    try:
        return RULES[part](cell)
    except IdentityRefusedError as refusal:
        return refusal.reason


def by_column(con: duckdb.DuckDBPyConnection, part: str, cells: list[str]) -> list[str]:
    table = "(select cell as name, cell as first_name, cell as birth from (select unnest($cells::varchar[]) as cell))"
    return [row[0] for row in con.execute(f"select {part} from {identity_columns.canonical_sql(table)}",
                                          {"cells": cells}).fetchall()]


def identity_of(vector: dict) -> dict[str, str]:
    return {name: vector[name] for name in ("birth_name", "first_names", "birth_date")}


@pytest.mark.parametrize("vector", VECTORS["accepted"], ids=lambda vector: vector["message"])
def test_vectors_row_and_column(con, vector):
    expected = vector["identifier"], vector["is_default_birth_date"]
    pseudonym = KEY.derive(canonical(**identity_of(vector)))
    assert (pseudonym.value, pseudonym.is_dob_default) == expected
    expression, key = KEY.derive_sql(identity_columns.message_sql())
    assert con.execute(f"select {expression}, {identity_columns.is_default_sql()} "
                       f"from {identity_columns.canonical_sql(VECTOR_TABLE)}",
                       {**identity_of(vector), **key}).fetchone() == expected


@pytest.mark.parametrize("vector", VECTORS["refused"], ids=lambda vector: vector["reason"])
def test_refusals_by_column(con, vector):
    assert con.execute(f"select {identity_columns.reason_sql()} from {identity_columns.canonical_sql(VECTOR_TABLE)}",
                       identity_of(vector)).fetchone() == (vector["reason"],)


@settings(max_examples=300, deadline=None)
@given(st.lists(names, min_size=1, max_size=20))
def test_columns_equal_rows_on_names(con, cells):
    for part in ("name", "first_name"):
        assert by_column(con, part, cells) == [by_row(part, cell) for cell in cells]


@settings(max_examples=300, deadline=None)
@given(st.lists(dates, min_size=1, max_size=20))
def test_columns_equal_rows_on_dates(con, cells):
    assert by_column(con, "birth", cells) == [by_row("birth", cell) for cell in cells]


def test_columns_equal_rows_on_every_character(con):
    """Each character of the basic plane, alone between letters: what SQL does by itself and what it hands over."""
    cells = [f"Ab{chr(code)}c" for code in range(1, 0x10000) if not 0xD800 <= code < 0xE000]
    for part in ("name", "first_name"):
        assert by_column(con, part, cells) == [by_row(part, cell) for cell in cells]


def test_letters_left_to_sql_are_alone():
    """None of them can combine with a neighbour, so that a text is the sum of its characters."""
    plain = identity_columns.PLAIN.removeprefix("[\x01-\x7f").removesuffix("]*")
    assert all(unicodedata.normalize("NFKC", char) == char and not unicodedata.combining(char) for char in plain)


def test_another_provider_takes_the_same_place(con):
    """What an oblivious provider would be: its own version, a function of the connection, nothing bound."""
    class Provider:
        version = "tznr1_m1_oprf1"

        def derive(self, identity):
            return Pseudonym(hashlib.sha256(identity.message.encode()).hexdigest(), self.version, False)

        def derive_sql(self, message):
            return f"sha256({message})", {}

    provider: PseudonymProvider = Provider()
    expression, bound = provider.derive_sql(identity_columns.message_sql())
    vector = identity_of(VECTORS["accepted"][0])
    found = con.execute(f"select {expression} from {identity_columns.canonical_sql(VECTOR_TABLE)}", {**vector, **bound})
    assert found.fetchone() == (provider.derive(canonical(**vector)).value,)


def key_file(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "k1.key"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_key_file(tmp_path):
    key = ExchangeKey.load(key_file(tmp_path, f"K1-1:{VECTORS['key_hex']}\n"))
    assert key == KEY and VECTORS["key_hex"] not in repr(key)


@pytest.mark.parametrize(("text", "mode"), [
    ("", 0o600), ("None", 0o600), (VECTORS["key_hex"], 0o600), (f"K2-1:{VECTORS['key_hex']}", 0o600),
    (f"K1-1:{VECTORS['key_hex'][2:]}", 0o600), (f"K1-1:{VECTORS['key_hex']}", 0o640)])
def test_key_file_refused(tmp_path, text, mode):
    with pytest.raises(UserError) as caught:
        ExchangeKey.load(key_file(tmp_path, text, mode))
    assert caught.value.exit_code == ExitCode.CONFIGURATION
    assert VECTORS["key_hex"][:16] not in str(caught.value)


def test_key_file_missing(tmp_path):
    with pytest.raises(UserError):
        ExchangeKey.load(tmp_path / "absent")
