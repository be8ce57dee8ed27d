"""The names of people inside a text, in SQL: titles, first names beside surnames, columns made of names.

Here: what makes a text name someone, from titles and a short lexicon of common first names and surnames. Not here: other
direct identifiers (``screen_values``). Expressions are RE2's, linear in the text. Source of the lexicon: general
knowledge; ``is_word``: also a word of everyday French, which alone accuses nobody.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from functools import cache
from importlib import resources

from tznr_platform.storage.lake import quote

TITLES = r"(?:(?i:mme|mlle|madame|mademoiselle|monsieur|mr)\b\.?|M\.)"
PLACES = (r"(?i:rue|avenue|av|boulevard|bd|place|allees?|quai|square|espace|centre|maison|lycee|college|ecole|salle"
          r"|gymnase|stade|residence|foyer|hopital|clinique|quartier|association|fondation|institut|pole|parc|cite"
          r"|mjc|theatre|mediatheque|bibliotheque|saint|sainte|st|ste|loi|prix|plan|tour|pont|gare|port)")
NOBODY = frozenset("""
    LES MAIRE ADJOINT ADJOINTE DIRECTEUR DIRECTRICE PRESIDENT PRESIDENTE PREFET PREFETE MINISTRE SENATEUR SENATRICE
    DEPUTE DEPUTEE JUGE PROCUREUR XXX UNTEL UNETELLE ELLE NATIONALE TRAVAIL SERVICES SERVICE HANDICAP RSA CAF CAFS MSA
    CPAM CARSAT CCAS CIAS AAH CSS ASPA APL MDPH PMI EHPAD PLIE EPCI HLM FSL JANVIER FEVRIER MARS AVRIL MAI JUIN JUILLET
    AOUT SEPTEMBRE OCTOBRE NOVEMBRE DECEMBRE LUNDI MARDI MERCREDI JEUDI VENDREDI SAMEDI DIMANCHE EST PAS OUI NON MLLE
    MME ASSO RDV SUIVI DOSSIER SITE VILLE DANS POUR AVEC MAIS SANS SOUS CHEZ""".split())
EVERYDAY = frozenset("""
    FRANCE VICTOIRE AURORE CONSTANCE LORRAINE NOEL TOUSSAINT MARINE ANGE CLEMENCE HARMONIE MELODIE ROMAN ROMANE MAX TOM
    LOU PAPA MALAK ISLAM SAID VALENTIN MARTIAL URBAIN DESIRE CONSTANT""".split())
BETWEEN = r"(?:(?:[Dd]e|[Dd]u|[Dd]es|[Ll]a|[Ll]e|[Ee]l|[Bb]en|[Vv]an|[Vv]on|[Dd]a|[Dd]os|[Dd]i|[A-Z]\.?) +|[Dd]')*"
WORD, START, END = r"[A-Z][A-Za-z'-]{2,}", r"(?:^|[^A-Za-z'-])", r"(?:$|[^A-Za-z])"
GAP = r" *(?:[ ,;/_-]|[.] ) *"
NEIGHBOUR = r"((?:(?:LE|LA|DE|DU|DA|DOS|BEN|EL)[ '-])?[A-Z]{2,})"
CAPITALISED = r" *(?:(?:[A-Z][A-Za-z']*|d[eu']|des|la|le|el|ben)[ ,.-]*)+"
SHORT = 60


def name_sql(plain: str, upper: str) -> str:
    """Whether a text without accents names someone (BOOLEAN), by a title or by a first name beside another name."""
    is_mixed = f"{plain} <> {upper}"
    beside_capital = (f"{_some(plain, first_then_capital(), 1, _is_not_nobody)} "
                      f"or {_some(plain, capitals_then_first(), 1, _is_not_nobody)}")
    beside_name = (f"{_beside(upper, names_of('first', words=False), names_of('last'))} "
                   f"or {_beside(upper, names_of('first'), names_of('last', words=False))}")
    return f"""(case
        when {is_mixed} and regexp_matches({plain}, {quote(titled())})
            and {_some(plain, titled(), 1, _is_not_nobody)} then true
        when regexp_matches({plain}, {quote(titled_lexicon())}) then true
        when not regexp_matches({upper}, {quote(any_first_name())}) then {_some(plain, titled_alone(), 1, _is_not_nobody)}
        when {is_mixed} and ({beside_capital}) then true
        when {beside_name} then true
        when length({plain}) <= {SHORT} and regexp_full_match({plain}, {quote(CAPITALISED)}) then {_whole(upper)}
        else {_some(plain, titled_alone(), 1, _is_not_nobody)} end)"""


def lone_sql(upper: str) -> str:
    """Whether a whole text is made of names that are not everyday words: alone it is little, a column of them is not."""
    known = f"list_transform({_words(upper)}, lambda w: {_in('w', names_of('any', words=False))})"
    return (f"(case when length({upper}) <= {SHORT} and regexp_full_match({upper}, '[A-Z'' ,-]+') "
            f"then coalesce(list_bool_and({known}), false) else false end)")


def titled() -> str:
    """A title and the capitalised word that follows it, which may be a function (``NOBODY``)."""
    return rf"{START}{TITLES} *{BETWEEN}({WORD})"


def titled_lexicon() -> str:
    """A title and a name of the lexicon, whatever the capitals."""
    return rf"(?i){START}(?:{TITLES}|dr\.?|docteur|m) +(?:{any_of(names_of('any'))}){END}"


def titled_alone() -> str:
    """A whole text that is a title and one to three words."""
    return rf"^ *{TITLES} *{BETWEEN}({WORD})(?: {WORD}){{0,2}} *$"


def any_first_name() -> str:
    """A first name anywhere in a text in capitals."""
    return rf"(?:^|[^A-Z'-])(?:{any_of(names_of('first'))}){END}"


def first_then_capital() -> str:
    """A capitalised first name and the capitalised word that follows; nothing after a place that bears a name."""
    first = any_capitalised(names_of("first") - EVERYDAY, rest="(?i:{})")
    return rf"(?:{START}{PLACES} +(?:[a-z]+'?[ ]*){{0,2}}(?:{first})|{START}(?:{first})(?:[ -](?:{first}))?{GAP}{BETWEEN}({WORD}))"


def capitals_then_first() -> str:
    """« DUPONT Marie »: a word in capitals, then a first name that is not."""
    return rf"{START}([A-Z]{{3,}})(?:[ '-][A-Z]{{2,}}){{0,2}}{GAP}(?:{any_capitalised(names_of('first') - EVERYDAY)}){END}"


def beside(names: Iterable[str]) -> tuple[str, str]:
    """A first name and the name that follows, or the name that comes before it."""
    first = any_of(names)
    return (rf"{START}(?:{first})(?:{GAP}(?:{first}))?{GAP}{NEIGHBOUR}", rf"{START}{NEIGHBOUR}{GAP}(?:{first}){END}")


def _beside(upper: str, first: frozenset[str], last: frozenset[str]) -> str:
    """Whether a name of ``first`` stands beside one of ``last``, in either order."""
    return "(" + " or ".join(_some(upper, pattern, 1, lambda word: _in(word, last)) for pattern in beside(first)) + ")"


def _whole(upper: str) -> str:
    """Whether a whole text is two to four words of which the first or the last is a first name, none being a nobody."""
    words, first = _words(upper), names_of("first") - EVERYDAY
    return (f"(len({words}) between 2 and 4 and ({_in(f'{words}[1]', first)} or {_in(f'{words}[-1]', first)}) "
            f"and list_bool_and(list_transform({words}, lambda w: length(w) > 1 and {_is_not_nobody('w')})))")


def _words(upper: str) -> str:
    return f"regexp_extract_all({upper}, '[A-Z]+')"


def _some(text: str, pattern: str, group: int, wanted) -> str:
    """Whether a match of the pattern has a group that ``wanted`` takes (an empty group never does)."""
    found = f"regexp_extract_all({text}, {quote(pattern)}, {group})"
    return f"(len(list_filter({found}, lambda x: x <> '' and {wanted('upper(x)')})) > 0)"


def _is_not_nobody(word: str) -> str:
    return f"not {_in(word, NOBODY)}"


def _in(word: str, names: Iterable[str]) -> str:
    """Membership by the dictionary of an enumeration: one look-up, however long the list."""
    return f"(try_cast({word} as enum({', '.join(map(quote, sorted(names)))})) is not null)"


@cache
def _lexicon() -> list[dict[str, str]]:
    with resources.files(__package__).joinpath("lexicon", "names.csv").open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@cache
def names_of(kind: str, *, words: bool = True) -> frozenset[str]:
    """Names in capitals without accents: ``first``, ``last`` or ``any``; without everyday words unless ``words``."""
    column = {"first": "is_first_name", "last": "is_surname"}.get(kind)
    return frozenset(row["name"] for row in _lexicon()
                     if (column is None or row[column] == "yes") and (words or row["is_word"] == "no"))


def any_of(names: Iterable[str]) -> str:
    """The names as a pattern writes them, in capitals; compound ones with any joint."""
    return "|".join(name.replace(" ", "[ '-]") for name in sorted(names))


def any_capitalised(names: Iterable[str], rest: str = "{}") -> str:
    """The names with a capital first; ``rest``: how the other letters are written."""
    return "|".join(name[0] + rest.format(name[1:].lower()) for name in sorted(names))
