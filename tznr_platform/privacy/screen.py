"""The screen at the door: a file with a column that names people is refused whole.

Here: names of columns that announce direct identifiers. Not here: what to do with the file (``intake``).
Source: arrêté du 12 mai 2025, names and birth dates « ne seront pas enregistrées ».
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

NOMINATIVE_WORDS = frozenset({
    "nom", "noms", "prenom", "prenoms", "patronyme", "civilite", "nir", "nss", "niss", "telephone", "tel",
    "portable", "mobile", "mail", "email", "courriel", "adresse", "rue", "iban", "rib", "bic", "photo",
})
NOMINATIVE_PHRASES = (
    "date_naissance", "date_de_naissance", "ddn", "dob", "birth", "jour_naissance", "lieu_naissance",
    "lieu_de_naissance", "commune_naissance", "securite_sociale", "numero_secu", "num_secu",
    "numero_allocataire", "num_allocataire", "matricule", "nom_famille", "nom_usage", "first_name",
    "last_name", "surname",
)


def nominative_headers(headers: Iterable[str]) -> list[str]:
    """The words of our own lexicon that the headers contain, once each, in order of columns.

    Returns lexicon words, never the header itself: the header of a file without one is a value.
    """
    found: dict[str, None] = {}
    for header in headers:
        folded = fold(header)
        phrase = next((phrase for phrase in NOMINATIVE_PHRASES if phrase in folded), None)
        word = next((word for word in folded.split("_") if word in NOMINATIVE_WORDS), None)
        if match := phrase or word:
            found[match] = None
    return list(found)


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """Lower case, no accent, one underscore for other characters: ``Prénom usuel`` → ``prenom_usuel``."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
