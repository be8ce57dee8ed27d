"""Identifiers computed in the browser are those of Python, to the byte."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from tests.browser.chromium import Page
from tests.browser.conftest import KEY
from tznr_platform.privacy.identity import IdentityRefusedError, canonical

pytestmark = pytest.mark.browser
VECTORS = json.loads((Path(__file__).parents[1] / "golden_vectors.json").read_text(encoding="utf-8"))
FRAGMENTS = [
    "Jean", "MARIE", "Zoë", "d’", "O'", "-", "\u2010", " ", "\u00a0", "\t", ",", ";", "née", "ép.", "Dite", "Œuvre",
    "ß", "İ", "ı", "ﬁ", "\u0301", "Nguyễn", "Đ", "Þ", "ŉ", "ǆ", "\u00ad", "Иван", "محمد", "李", "Ｄ", "½", "№", "Å",
    "1", "(", ".", "\u2028", "\x85", "\U0001d400", "ª", "LE", "veuve", "Kowalczyk", "ǰ", "ΐ", "st", "Ł"]
DATES = ["1985-03-07", "07/03/1985", "7-3-1985", "1.1.1990", "1990-01-01", "1971-00-00", "1988-05-00", "1985-00-05",
         "29/02/1996", "29/02/1995", "1985-03-07 00:00:00", "1985-03-07T00:00", " 1985-03-07\u00a0", "07/03/85", "",
         "x"]


def derived(page: Page, identities: list[tuple[str, str, str]]) -> list[dict]:
    return page.run(f"ask('derive', {{ key: {json.dumps(KEY)}, identities: {json.dumps(identities)} }})")


def triple(vector: dict) -> tuple[str, str, str]:
    return vector["birth_name"], vector["first_names"], vector["birth_date"]


def test_golden_vectors(page: Page) -> None:
    assert f"K1-1:{VECTORS['key_hex']}" == KEY
    found = derived(page, [triple(vector) for vector in VECTORS["accepted"]])
    assert found == [{"message": vector["message"], "isDefaultBirthDate": vector["is_default_birth_date"],
                      "identifier": vector["identifier"]} for vector in VECTORS["accepted"]]


def test_refused_identities_get_the_same_reason(page: Page) -> None:
    found = derived(page, [triple(vector) for vector in VECTORS["refused"]])
    assert found == [{"reason": vector["reason"]} for vector in VECTORS["refused"]]


def test_any_text_gives_what_python_gives(page: Page) -> None:
    """Three thousand identities made of what names are made of, and of what they should not be."""
    draw = random.Random(7413)
    identities = [("".join(draw.choices(FRAGMENTS, k=draw.randint(0, 5))),
                   "".join(draw.choices(FRAGMENTS, k=draw.randint(0, 4))), draw.choice(DATES)) for _ in range(3000)]
    found = derived(page, identities)
    assert [item.get("message", item.get("reason")) for item in found] == [_python(identity) for identity in identities]


def _python(identity: tuple[str, str, str]) -> str:
    try:
        return canonical(*identity).message
    except IdentityRefusedError as refusal:
        return refusal.reason
