"""The screen at the door as data for the page: words, what is known of each, patterns in the dialect of JavaScript.

Here: the translation, so that a word added to the screen is known to the page. Not here: the rules
(``privacy.screen``, ``screen_values``, ``screen_names``), what a match means (``page/screen.js``).
"""

from __future__ import annotations

import re

from tznr_platform.privacy import screen, screen_names, screen_values

PATTERNS = {
    "nirKeyed": screen_values.NIR_KEYED, "nirAlone": screen_values.NIR_ALONE, "iban": screen_values.IBAN,
    "email": screen_values.EMAIL, "phone": screen_values.PHONE, "birth": screen_values.BIRTH,
    "address": screen_values.ADDRESS, "lonePhone": screen_values.LONE_PHONE, "loneDate": screen_values.LONE_DATE}
BITS = ("FIRST", "LAST", "WORD", "EVERYDAY", "NOBODY", "PLACE", "TITLE", "PARTICLE")


def screen_book() -> dict:
    """Words of columns, kinds with their French, words of names with their bits, patterns."""
    return {
        "words": sorted(screen.NOMINATIVE_WORDS), "phrases": list(screen.NOMINATIVE_PHRASES),
        "kinds": screen_values.KINDS, "loneShares": screen_values.LONE_SHARES, "loneCount": screen_values.LONE_COUNT,
        "loneMajority": screen_values.LONE_MAJORITY, "short": screen_names.SHORT,
        "bits": {name: getattr(screen_names, name) for name in BITS}, "known": screen_names.known_words(),
        "patterns": {name: _javascript(pattern) for name, pattern in PATTERNS.items()}}


def _javascript(pattern: str) -> str:
    """RE2 writes a code point \\x{A0}, JavaScript \\u00A0."""
    return re.sub(r"\\x\{([0-9A-F]+)\}", lambda found: f"\\u{found[1].zfill(4)}", pattern)
