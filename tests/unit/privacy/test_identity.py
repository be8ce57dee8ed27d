"""TZNR1: the published vectors, and the same identity whoever types it."""

from __future__ import annotations

import hmac
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tznr_platform.privacy.identity import Canonical, IdentityRefusedError, canonical, canonical_name, latin_upper

VECTORS = json.loads((Path(__file__).resolve().parents[2] / "golden_vectors.json").read_text())
KEY = bytes.fromhex(VECTORS["key_hex"])
BIRTH = "1985-03-07"
PUBLISHED = [  # methods 6.3: key = bytes 0..31, born 1985-03-07, first 16 hexadecimal characters
    ("D’Hérouville-Müller", "Jean-Pierre", "cad26a49909133f8"),
    ("DHEROUVILLE MULLER", "Jean Pierre", "cad26a49909133f8"),
    ("de La Tour", "Éloïse, Marie", "15bebb43442483a6"), ("DELATOUR", "ELOISE", "15bebb43442483a6"),
    ("Nguyễn", "Thị Hồng", "be77950aaaf65f7f"), ("Œuvrard", "Zoë", "6258dafd1d7fb3e1"),
    ("Łukasz", "Ægir", "cc92f2e6e7bb5fd1"), ("BEN ALI", "Mohamed", "9960a2486325edee"),
    ("BENALI", "Mohammed", "659b761f0327a35c"),
]


def identifier(identity: Canonical) -> str:
    return hmac.digest(bytes(range(32)), identity.message.encode("ascii"), "sha256").hex()


@pytest.mark.parametrize(("name", "first", "expected"), PUBLISHED)
def test_published_vectors(name, first, expected):
    assert identifier(canonical(name, first, BIRTH))[:16] == expected


@pytest.mark.parametrize("vector", VECTORS["accepted"], ids=lambda vector: vector["message"])
def test_shared_vectors(vector):
    found = canonical(vector["birth_name"], vector["first_names"], vector["birth_date"])
    assert found.message == vector["message"]
    assert identifier(found) == vector["identifier"]
    assert found.is_default_birth_date == vector["is_default_birth_date"]


@pytest.mark.parametrize("vector", VECTORS["refused"], ids=lambda vector: vector["reason"])
def test_shared_refusals(vector):
    with pytest.raises(IdentityRefusedError) as caught:
        canonical(vector["birth_name"], vector["first_names"], vector["birth_date"])
    assert caught.value.reason == vector["reason"] and str(caught.value) == vector["reason"]


@given(st.text())
def test_upper_case_is_stable(text):
    assert latin_upper(latin_upper(text)) == latin_upper(text)


@given(st.text(alphabet=st.characters(max_codepoint=0x2FF)))
def test_a_name_is_ascii_capitals_or_refused(text):
    try:
        name = canonical_name(text)
    except IdentityRefusedError:
        return
    assert name.isascii() and name.isalpha() and name.isupper()
