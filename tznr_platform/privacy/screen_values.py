"""What in a text tells directly who someone is, in SQL over whole columns: a kind, never the value.

Here: NIR and IBAN by their keys, e-mail, telephone, postal address, birth date, name; what is telling only when a
column is full of it. Not here: the names of columns (``screen``), which cells to look at (``intake``). Sources: NIR,
décret 82-103 and INSEE, key = 97 - number mod 97, 2A read as 19 and 2B as 18; IBAN, ISO 13616; numbering plan, ARCEP.
"""

from __future__ import annotations

from tznr_platform import french
from tznr_platform.privacy import screen_names
from tznr_platform.storage.lake import quote

KINDS = {
    "nir": ("numéro de sécurité sociale", "numéros de sécurité sociale"),
    "iban": ("numéro de compte bancaire", "numéros de compte bancaire"),
    "email": ("adresse électronique", "adresses électroniques"),
    "phone": ("numéro de téléphone", "numéros de téléphone"),
    "birth_date": ("date de naissance", "dates de naissance"),
    "address": ("adresse postale", "adresses postales"),
    "name": ("nom de personne", "noms de personnes"),
}
PUBLIC_KINDS = ("nir", "iban")
LONE, APOSTROPHE = 10, "'"
LONE_SHARES = {"phone": 0.5, "birth_date": 0.5, "name": 0.1}
LONE_COUNT, LONE_MAJORITY = 3, 0.5

GAP, START, END = r"[ .\-/\x{A0}\x{202F}]?", r"(?:^|[^0-9A-Z])", r"(?:$|[^0-9A-Z])"
MONTHS = "JANVIER|FEVRIER|MARS|AVRIL|MAI|JUIN|JUILLET|AOUT|SEPTEMBRE|OCTOBRE|NOVEMBRE|DECEMBRE"
DATE = (rf"(?:[0-9]{{1,2}}(?:ER)?[ /.\-]+(?:[0-9]{{1,2}}|{MONTHS})[ /.\-]+(?:[0-9]{{4}}|[0-9]{{2}})"
        r"|(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2})")
NIR_KEYED = (rf"{START}([123478]{GAP}[0-9]{{2}}{GAP}(?:0[1-9]|1[0-2]|[2-9][0-9]){GAP}(?:[0-9]{{2}}|2[AB]){GAP}"
             rf"[0-9]{{3}}{GAP}[0-9]{{3}}[ .\-/(]*(?:CLE)?[ :]*[0-9]{{2}})(?:$|[^0-9])")
NIR_ALONE = (rf"{START}[12]{GAP}[0-9]{{2}}{GAP}(?:0[1-9]|1[0-2]){GAP}(?:0[1-9]|[1-8][0-9]|9[0-9]|2[AB]){GAP}"
             rf"[0-9]{{3}}{GAP}[0-9]{{3}}{END}")
IBAN_LENGTHS = {27: "FR|MC|IT|SM", 22: "DE|GB|IE", 16: "BE", 24: "ES|RO|TN|SE", 25: "PT", 21: "CH", 20: "LU|AT",
                18: "NL|DK", 28: "PL|MA|CY|HU"}
IBAN = START + "(" + "|".join(rf"(?:{countries})[0-9]{{2}}(?:[ .\-]?[0-9A-Z]){{{length - 4}}}"
                              for length, countries in IBAN_LENGTHS.items()) + ")" + END
EMAIL = (r"[A-Z0-9._%+'-]+ *(?:@|[\[(] *(?:AT|AROBASE) *[\])]| AROBASE ) *[A-Z0-9-]+(?:\.[A-Z0-9-]+)*\.[A-Z]{2,}")
PHONE = (rf"(?:^|[^0-9A-Z,.])(?:\(?(?:\+|00) ?33\)?{GAP}(?:\(0\))?{GAP}|0)[1-9](?:{GAP}[0-9]{{2}}){{4}}{END}"
         r"|(?:^|[^0-9])\+[1-9][0-9]{0,2}(?:[ .\-]?[0-9]){8,11}(?:$|[^0-9])")
BIRTH = (rf"\bNE(?:\(E\)|[.·-]?E)?S? +(?:(?:A|AU|AUX|EN) +[A-Z' -]{{2,40}}?[ ,(]+)?(?:LE +)?{DATE}"
         rf"|\b(?:NAISSANCE|DDN|D\.D\.N\.?|BORN)[ :=]+(?:LE +)?{DATE}")
STREET = (r"RUE|AVENUE|BOULEVARD|CHEMIN|IMPASSE|ALLEES?|QUAI|ROUTE|RUELLE|SQUARE|PASSAGE|VENELLE|SENTIER|ESPLANADE"
          r"|FAUBOURG|MONTEE|LOTISSEMENT|LIEU[ -]DIT|AV|AVE|BD|BLD|BVD|CHE|CHEM|IMP|ALL|RTE|SQ|FBG|LOT")
OTHER_STREET = r"PLACE|COURS?|CITE|VILLA|CLOS|TRAVERSE|DOMAINE|PROMENADE|MAIL|PARVIS|RESIDENCE|HAMEAU|VOIE|PL|RES|BP"
NUMBER = r"(?:^|[^0-9])[0-9]{1,4} ?(?:BIS|TER|QUATER|[A-D])?,? +"
POSTCODE = r"(?:0[1-9]|[1-8][0-9]|9[0-8])[0-9]{3} +[A-Z]{2}"
ADDRESS = (rf"{NUMBER}(?:{STREET})\b\.? +(?:[A-Z0-9]|$)|{NUMBER}(?:PLACE|RESIDENCE) +D[EU'].*{POSTCODE}"
           rf"|(?:^|[^A-Z])(?:{STREET}|{OTHER_STREET})\b.*[^0-9]{POSTCODE}"
           r"|^ *[0-9]{1,4} ?(?:BIS|TER)?,? PLACE D[EU' ]")
LONE_PHONE = r" *[67][0-9]{8}(?:[.,]0)? *"
LONE_DATE = (r" *(?:[0-9]{1,2}[/.\- ][0-9]{1,2}[/.\- ](?:19[0-9]{2}|200[0-8]|[3-9][0-9])"
             r"|(?:19[0-9]{2}|200[0-8])[/.\-][0-9]{2}[/.\-][0-9]{2}"
             r"|(?:19[0-9]{2}|200[0-8])(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01]))(?:[ T]00:00(?::00(?:\.0+)?)?)? *")


def kinds_sql(cells: str, kinds: tuple[str, ...] = tuple(KINDS)) -> str:
    """SQL that adds a column ``kind`` (UTINYINT) to a query with a column ``cell``, which it takes away.

    ``kind``: the rank, from 1, of the first of ``KINDS`` found in the text; NULL for nothing. ``LONE`` is added to what
    only a column full of it makes telling: a date of birth without a word about birth, a name without another one, a
    telephone number without its zero. ``ValueError`` for an unknown kind.
    """
    if unknown := set(kinds) - set(KINDS):
        raise ValueError(f"unknown kinds: {sorted(unknown)}")
    plain, upper = "plain", "upper"
    sure = {
        "nir": _when("digits > 12", f"{_some(upper, NIR_KEYED, _has_nir_key)} or {_matches(upper, NIR_ALONE)}"),
        "iban": _when("digits > 9", _some(upper, IBAN, _has_iban_key)),
        "email": _when(_matches(upper, "@|AROBASE|[(\\[] *AT *[)\\]]"), _matches(upper, EMAIL)),
        "phone": _when("digits > 8", _matches(upper, PHONE)),
        "birth_date": _when("digits > 2", _matches(upper, BIRTH)),
        "address": _when("digits > 0", _matches(upper, ADDRESS)),
        "name": screen_names.name_sql(plain, upper, "words", "bits"),
    }
    lone = {"phone": _when("digits > 8", f"regexp_full_match({upper}, {quote(LONE_PHONE)})"),
            "birth_date": _when("digits > 4", f"regexp_full_match({upper}, {quote(LONE_DATE)})"),
            "name": screen_names.lone_sql(plain, "words", "bits")}
    ranks = {kind: rank for rank, kind in enumerate(KINDS, start=1)}
    found = [f"when {sure[kind]} then {ranks[kind]}" for kind in KINDS if kind in kinds]
    found += [f"when {condition} then {ranks[kind] + LONE}" for kind, condition in lone.items() if kind in kinds]
    steps = {
        "plain": f"strip_accents(replace(cell, '’', {quote(APOSTROPHE)}))",
        "upper": "upper(plain)",
        "digits": "length(plain) - length(translate(plain, '0123456789', ''))",
        "words": screen_names.words_sql("plain"),
        "bits": screen_names.bits_sql("words"),
    }
    prepared = f"select * from ({cells}) where length(cell) > 2"
    for name, expression in steps.items():
        prepared = f"select *, {expression} as {name} from ({prepared})"
    return (f"select * exclude (cell, {', '.join(steps)}), (case {' '.join(found)} end)::utinyint as kind "
            f"from ({prepared})")


def told(counts: dict[int, int], filled: int) -> dict[str, int]:
    """Kinds of a column and how many cells are of each, from the cells of each rank and the number of filled cells.

    What is lone counts when a share of the column is so: half of it for dates and telephone numbers, a tenth for names,
    which no lexicon holds all.
    """
    found = {kind: counts.get(rank, 0) for rank, kind in enumerate(KINDS, start=1)}
    for rank, kind in enumerate(KINDS, start=1):
        lone = counts.get(rank + LONE, 0)
        if lone and lone >= LONE_SHARES[kind] * filled and (lone >= LONE_COUNT or lone >= LONE_MAJORITY * filled):
            found[kind] += lone
    return {kind: count for kind, count in found.items() if count}


def in_french(kinds: dict[str, int]) -> str:
    """« 312 adresses électroniques, 1 nom de personne »."""
    return ", ".join(french.count(count, *KINDS[kind]) for kind, count in kinds.items())


def _when(guard: str, condition: str) -> str:
    """``guard and condition`` in that order: DuckDB reorders a conjunction, never a CASE."""
    return f"case when {guard} then {condition} else false end"


def _matches(text: str, pattern: str) -> str:
    return f"regexp_matches({text}, {quote(pattern)})"


def _some(text: str, pattern: str, wanted) -> str:
    return f"len(list_filter(regexp_extract_all({text}, {quote(pattern)}, 1), lambda x: {wanted('x')})) > 0"


def _has_nir_key(number: str) -> str:
    digits = f"regexp_replace({number}, '[^0-9AB]|CLE', '', 'g')"
    body = f"replace(replace({digits}[:13], '2A', '19'), '2B', '18')"
    return f"coalesce(97 - try_cast({body} as bigint) % 97 = try_cast({digits}[-2:] as bigint), false)"


def _has_iban_key(number: str) -> str:
    """ISO 13616: the first four characters go to the end, letters count 10 to 35, the whole is 1 modulo 97."""
    compact = f"regexp_replace({number}, '[^0-9A-Z]', '', 'g')"
    codes = f"list_transform(string_split({compact}[5:] || {compact}[:4], ''), lambda c: ascii(c)::bigint)"
    step = "(case when c < 58 then a * 10 + c - 48 else a * 100 + c - 55 end) % 97"
    rest = f"list_reduce({codes}, lambda a, c: {step}, 0::bigint)"
    return f"{rest} = 1"
