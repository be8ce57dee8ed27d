"""The names of people inside a text, in SQL: titles, first names beside surnames, columns made of names.

Here: what makes a text name someone, from titles and a short lexicon of common first names and surnames. Not here:
other direct identifiers (``screen_values``). A text is its words and what the lexicon says of each, as bits: rules look
at a word and the next one. Source of the lexicon: general knowledge; WORD: also a word of everyday French.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources

from tznr_platform.storage.lake import quote

FIRST, LAST, WORD, EVERYDAY, NOBODY, PLACE, TITLE, PARTICLE = (1 << rank for rank in range(8))
OTHER_WORDS = {
    EVERYDAY: """
        FRANCE VICTOIRE AURORE CONSTANCE LORRAINE NOEL TOUSSAINT MARINE ANGE CLEMENCE HARMONIE MELODIE ROMAN
        ROMANE MAX TOM LOU PAPA MALAK ISLAM SAID VALENTIN MARTIAL URBAIN DESIRE CONSTANT""",
    NOBODY: """
        LES MAIRE ADJOINT ADJOINTE DIRECTEUR DIRECTRICE PRESIDENT PRESIDENTE PREFET PREFETE MINISTRE SENATEUR
        SENATRICE DEPUTE DEPUTEE JUGE PROCUREUR XXX UNTEL UNETELLE ELLE NATIONALE TRAVAIL SERVICES SERVICE
        HANDICAP RSA CAF CAFS MSA CPAM CARSAT CCAS CIAS AAH CSS ASPA APL MDPH PMI EHPAD PLIE EPCI HLM FSL
        JANVIER FEVRIER MARS AVRIL MAI JUIN JUILLET AOUT SEPTEMBRE OCTOBRE NOVEMBRE DECEMBRE LUNDI MARDI
        MERCREDI JEUDI VENDREDI SAMEDI DIMANCHE EST PAS OUI NON ASSO RDV SUIVI DOSSIER SITE VILLE DANS POUR AVEC
        MAIS SANS SOUS CHEZ""",
    PLACE: """
        RUE AVENUE AV BOULEVARD BD PLACE ALLEE ALLEES QUAI SQUARE ESPACE CENTRE MAISON LYCEE COLLEGE ECOLE SALLE
        GYMNASE STADE RESIDENCE FOYER HOPITAL CLINIQUE QUARTIER ASSOCIATION FONDATION INSTITUT POLE PARC CITE
        MJC THEATRE MEDIATHEQUE BIBLIOTHEQUE SAINT SAINTE ST STE LOI PRIX PLAN TOUR PONT GARE PORT SOCIAL
        SOCIALE CULTUREL""",
    TITLE: "MME MLLE MADAME MADEMOISELLE MONSIEUR MR DR DOCTEUR M",
    PARTICLE: "DE DU DES D LA LE L EL VAN VON DA DI DOS",
}
SHORT = 60


def words_sql(plain: str) -> str:
    """SQL (VARCHAR[]) of the words of a text without accents, without the particles of names."""
    particles = ", ".join(map(quote, OTHER_WORDS[PARTICLE].split()))
    return f"list_filter(regexp_extract_all({plain}, '[A-Za-z]+'), lambda w: upper(w) not in ({particles}))"


def bits_sql(words: str) -> str:
    """SQL (INTEGER[]) of what is known of each word of a list, 0 for nothing; words of equal bits follow each other."""
    known = sorted(known_words().items(), key=lambda item: item[1])
    ends = {bits: rank for rank, (_, bits) in enumerate(known)}
    ranks = f"lambda w: enum_code(try_cast(upper(w) as enum({', '.join(quote(name) for name, _ in known)})))"
    bits = " ".join(f"when rank <= {end} then {bits}" for bits, end in ends.items())
    return f"list_transform(list_transform({words}, {ranks}), lambda rank: case when rank is null then 0 {bits} end)"


def name_sql(plain: str, upper: str, words: str, bits: str) -> str:
    """Whether a text names someone: a title before a name, or a first name beside another name."""
    here, then = f"{bits}[i]", f"{bits}[i + 1]"
    is_mixed, capital = f"{plain} <> {upper}", f"regexp_full_match({words}[i + 1], '[A-Z][A-Za-z]{{2,}}')"
    is_title = f"({_has(here, TITLE)} and ({words}[i] <> 'M' or contains({plain}, 'M.')))"
    is_whole = f"(i = 1 and len({words}) = 2)"
    is_free = f"(i = 1 or {_no(f'{bits}[i - 1]', PLACE)})"
    titled = (f"{is_title} and ({_has(then, FIRST | LAST)} "
              f"or (({is_mixed} or {is_whole}) and {capital} and {_no(then, NOBODY)}))")
    pair = (f"(({_has(here, FIRST)} and {_has(then, LAST)}) or ({_has(here, LAST)} and {_has(then, FIRST)})) "
            f"and not ({_has(here, WORD)} and {_has(then, WORD)}) and {is_free}")
    then_capital = (f"{is_mixed} and {_has(here, FIRST)} and {_no(here, EVERYDAY)} and {words}[i] between 'A' and '[' "
                    f"and {capital} and {_no(then, NOBODY | PLACE)} and ({then} <> {FIRST}) and {is_free}")
    after_capitals = (f"{is_mixed} and {_has(then, FIRST)} and {_no(then, EVERYDAY)} and {capital} "
                      f"and {words}[i + 1] <> upper({words}[i + 1]) and regexp_full_match({words}[i], '[A-Z]{{3,}}') "
                      f"and {_no(here, NOBODY | PLACE)}")
    rules = " or ".join(f"({rule})" for rule in (titled, pair, then_capital, after_capitals))
    beside = f"len(list_filter(range(1, len({words})), lambda i: {rules})) > 0"
    return (f"case when list_bool_or(list_transform({bits}, lambda b: {_has('b', FIRST | TITLE)})) "
            f"then {beside} or {_whole(plain, words, bits)} else false end")


def lone_sql(plain: str, words: str, bits: str) -> str:
    """Whether a whole text is made of names that are no everyday words: alone it is little, a column of them is not."""
    is_name = f"{_has('b', FIRST | LAST)} and {_no('b', WORD | EVERYDAY)}"
    known = f"list_bool_and(list_transform({bits}, lambda b: {is_name}))"
    return (f"case when length({plain}) <= {SHORT} and len({words}) between 1 and 4 "
            f"and regexp_full_match({plain}, '[A-Za-z'' ,-]+') then {known} else false end")


def _whole(plain: str, words: str, bits: str) -> str:
    """Whether a whole text is two to four capitalised words of which the first or the last is a first name."""
    first = " or ".join(f"({_has(f'{bits}[{end}]', FIRST)} and {_no(f'{bits}[{end}]', EVERYDAY)})" for end in (1, -1))
    return (f"(length({plain}) <= {SHORT} and len({words}) between 2 and 4 and ({first}) "
            f"and regexp_full_match({plain}, '[A-Za-z'' ,.-]+') "
            f"and list_bool_and(list_transform({words}, lambda w: regexp_full_match(w, '[A-Z][A-Za-z]+'))) "
            f"and list_bool_and(list_transform({bits}, lambda b: {_no('b', NOBODY | PLACE)})))")


def _has(bits: str, any_of: int) -> str:
    return f"({bits} & {any_of}) <> 0"


def _no(bits: str, any_of: int) -> str:
    return f"({bits} & {any_of}) = 0"


@cache
def known_words() -> dict[str, int]:
    """Word in capitals without accents → its bits."""
    known: dict[str, int] = {}
    with resources.files(__package__).joinpath("lexicon", "names.csv").open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            flags = (row["is_first_name"], row["is_surname"], row["is_word"])
            known[row["name"]] = sum(bit for bit, flag in zip((FIRST, LAST, WORD), flags, strict=True) if flag == "yes")
    for bit, words in OTHER_WORDS.items():
        for word in words.split():
            known[word] = known.get(word, 0) | bit
    return known
