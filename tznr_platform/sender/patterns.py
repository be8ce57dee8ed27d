"""The screen at the door as data for the page: words, lists of names, patterns in the dialect of JavaScript.

Here: the translation, so that a word added to the screen is known to the page. Not here: the rules
(``privacy.screen``, ``screen_values``, ``screen_names``), what a match means (``page/screen.js``).
"""

from __future__ import annotations

import re

from tznr_platform.privacy import screen, screen_names, screen_values


def screen_book() -> dict:
    """Words of columns, kinds with their French, patterns; a list of names stands once, under « @key@ » in patterns."""
    first, sure = screen_names.names_of("first"), screen_names.names_of("first", words=False)
    lists = {"first": first, "sure_first": sure, "last": screen_names.names_of("last"),
             "sure_last": screen_names.names_of("last", words=False),
             "known": screen_names.names_of("any"), "sure": screen_names.names_of("any", words=False),
             "nobody": screen_names.NOBODY, "everyday": screen_names.EVERYDAY}
    patterns = {
        "nirKeyed": screen_values.NIR_KEYED, "nirAlone": screen_values.NIR_ALONE, "iban": screen_values.IBAN,
        "email": screen_values.EMAIL, "phone": screen_values.PHONE, "birth": screen_values.BIRTH,
        "address": screen_values.ADDRESS, "lonePhone": screen_values.LONE_PHONE, "loneDate": screen_values.LONE_DATE,
        "titled": screen_names.titled(), "titledLexicon": screen_names.titled_lexicon(),
        "titledAlone": screen_names.titled_alone(), "anyFirst": screen_names.any_first_name(),
        "firstThenCapital": screen_names.first_then_capital(), "capitalsThenFirst": screen_names.capitals_then_first(),
        **dict(zip(("sureAfter", "sureBefore"), screen_names.beside(sure), strict=True)),
        **dict(zip(("after", "before"), screen_names.beside(first), strict=True))}
    return {
        "words": sorted(screen.NOMINATIVE_WORDS), "phrases": list(screen.NOMINATIVE_PHRASES),
        "kinds": screen_values.KINDS, "loneShares": screen_values.LONE_SHARES, "loneCount": screen_values.LONE_COUNT,
        "loneMajority": screen_values.LONE_MAJORITY, "short": screen_names.SHORT,
        "names": {name: sorted(names) for name, names in lists.items()},
        "patterns": {name: _javascript(_shortened(pattern)) for name, pattern in patterns.items()}}


def _shortened(pattern: str) -> str:
    """The pattern with each long list of names, as it is written there, in the place of its key."""
    for key, written in _written().items():
        pattern = pattern.replace(written, f"@{key}@")
    return pattern


def _written() -> dict[str, str]:
    """The lists of names as patterns write them, the longest first; page/screen.js writes them again."""
    names = screen_names.names_of
    some = names("first") - screen_names.EVERYDAY
    return {"known": screen_names.any_of(names("any")), "first": screen_names.any_of(names("first")),
            "sure_first": screen_names.any_of(names("first", words=False)),
            "loose_capitalised": screen_names.any_capitalised(some, rest="(?i:{})"),
            "capitalised": screen_names.any_capitalised(some)}


def _javascript(pattern: str) -> str:
    """RE2 to JavaScript: code points, and groups without case spelt out letter by letter."""
    pattern = re.sub(r"\\x\{([0-9A-F]+)\}", lambda found: f"\\u{found[1].zfill(4)}", pattern)
    return re.sub(r"\(\?i:([^()]*)\)", lambda found: "(?:" + re.sub(
        "[a-z]", lambda letter: f"[{letter[0]}{letter[0].upper()}]", found[1]) + ")", pattern)
