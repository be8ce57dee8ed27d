"""TZNR1: one spelling for an identity, whoever types it, so that the same person gets the same identifier.

Here: the canonical form of a birth name, first names and a birth date, and the message it makes. Not here: the key
(``exchange``). Normative: the same vectors bind the offline page (``tests/golden_vectors.json``).

1. NFKC; ligatures and barred letters spelt out; upper case; again; NFD; marks dropped.
2. Whatever is not A-Z separates words. A name is its words without the separators; particles stay.
3. The first given name: up to a comma or semicolon; if a hyphen is in it, up to the first blank, else all its words.
4. Date: ISO or dd/mm/yyyy, an unknown day or month is 00; 1 January and unknown parts are « par défaut ».
5. Empty after normalisation, or two names in one field (née, épouse, ép.): refused, never guessed.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass

SCHEME, LEVEL = "TZNR1", "M1"
SPELT_OUT = str.maketrans({
    "Œ": "OE", "œ": "OE", "Æ": "AE", "æ": "AE", "Ø": "O", "ø": "O", "Ł": "L", "ł": "L", "Đ": "D", "đ": "D",
    "Ð": "D", "ð": "D", "Þ": "TH", "þ": "TH", "Ħ": "H", "ħ": "H", "Ŋ": "N", "ŋ": "N", "ß": "SS", "ẞ": "SS",
    "ı": "I"})
OTHERS = re.compile(r"[^A-Z]+")
OTHER_NAME = "(?:NEE?|EP|EPSE|EPOUSE|EPOUX|VEUVE|VVE|DITE?|ALIAS|USAGE)"
TWO_NAMES = re.compile(f"(?<![A-Z]){OTHER_NAME}(?![A-Z])(?=.*[A-Z])", re.S)
HYPHENS = "-\u2010\u2011\u2012\u2013\u2014\u2212"
BLANKS = "[ \t\r\n\v\f\u0085\u2028\u2029]+"
ISO_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[ T]00:00(?::00(?:\.0+)?)?)?")
FRENCH_DATE = re.compile(r"([0-9]{1,2})([/.-])([0-9]{1,2})\2([0-9]{4})")
EARLIEST_YEAR = 1880


@dataclass(frozen=True)
class Canonical:
    """An identity in canonical form; ``birth_date`` is ``YYYY-MM-DD`` with 00 for what is unknown."""

    name: str
    first_name: str
    birth_date: str

    @property
    def is_default_birth_date(self) -> bool:
        """1 January, or an unknown day or month: shared by many, hence less sure."""
        return self.birth_date.endswith("-01-01") or "-00" in self.birth_date

    @property
    def message(self) -> str:
        """The ASCII text that the exchange key signs."""
        return f"{SCHEME}|{LEVEL}|{self.name}|{self.first_name}|{self.birth_date}"


class IdentityRefusedError(Exception):
    """An identity that must not become an identifier; ``reason``: EMPTY_NAME, EMPTY_FIRST_NAME, SEVERAL_NAMES or
    DATE_INVALID. Holds no value."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def canonical(birth_name: str, first_names: str, birth_date: str) -> Canonical:
    """The canonical form; ``IdentityRefusedError`` says why there is none."""
    return Canonical(canonical_name(birth_name), canonical_first_name(first_names), canonical_date(birth_date))


def canonical_name(text: str) -> str:
    """« de La Tour » → DELATOUR; EMPTY_NAME for another script, SEVERAL_NAMES for « OBRIEN ép. LE GOFF »."""
    upper = latin_upper(text)
    if TWO_NAMES.search(upper):
        raise IdentityRefusedError("SEVERAL_NAMES")
    if name := OTHERS.sub("", upper):
        return name
    raise IdentityRefusedError("EMPTY_NAME")


def canonical_first_name(text: str) -> str:
    """« Éloïse, Marie » → ELOISE, « Jean Pierre » and « Jean-Pierre Paul » → JEANPIERRE."""
    first = re.split("[,;]", unicodedata.normalize("NFKC", text), maxsplit=1)[0]
    if any(hyphen in first for hyphen in HYPHENS):
        first = next(word for word in re.split(BLANKS, first) if word)
    if name := OTHERS.sub("", latin_upper(first)):
        return name
    raise IdentityRefusedError("EMPTY_FIRST_NAME")


def canonical_date(text: str) -> str:
    """ISO or dd/mm/yyyy, 00 for an unknown day or month; DATE_INVALID otherwise, two-digit years included."""
    text = re.sub(f"^{BLANKS}|{BLANKS}$", "", text.replace("\u00a0", " "))
    if found := ISO_DATE.fullmatch(text):
        year, month, day = found[1], found[2], found[3]
    elif found := FRENCH_DATE.fullmatch(text):
        year, month, day = found[4], found[3].zfill(2), found[1].zfill(2)
    else:
        raise IdentityRefusedError("DATE_INVALID")
    try:
        dt.date(int(year), int(month) or 1, int(day) or 1)
    except ValueError:
        raise IdentityRefusedError("DATE_INVALID") from None
    if int(year) < EARLIEST_YEAR or (month == "00" and day != "00"):
        raise IdentityRefusedError("DATE_INVALID")
    return f"{year}-{month}-{day}"


def latin_upper(text: str) -> str:
    """Upper case without accents or ligatures, the same on every machine: no locale takes part."""
    text = unicodedata.normalize("NFKC", text).translate(SPELT_OUT).upper().translate(SPELT_OUT)
    return "".join(char for char in unicodedata.normalize("NFD", text) if unicodedata.category(char) != "Mn")

