"""Which columns of a sender's table hold an identity, what replaces them, and why a row has no identifier.

Here: words, for the command and for the offline page alike. Not here: how an identity is read (``privacy.identity``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tznr_platform import contracts
from tznr_platform.errors import ExitCode, UserError
from tznr_platform.privacy.screen import fold, nominative_headers

IDENTITY_HEADERS = {
    "nom": ("nom_de_naissance", "nom_naissance", "nom_de_famille", "nom_famille", "nom", "patronyme"),
    "prenom": ("premier_prenom", "prenom", "prenoms", "prenom_usuel"),
    "naissance": ("date_de_naissance", "date_naissance", "naissance", "ddn", "ne_le", "nee_le"),
}
MADE = ("identifiant", "version_identifiant", "naissance_par_defaut", "homonyme_possible")
LATIN = "est vide, ou n'est pas en alphabet latin : écrivez la transcription de la pièce présentée."
IDENTITY_REASONS = {
    "EMPTY_NAME": f"Le nom de naissance {LATIN}",
    "EMPTY_FIRST_NAME": f"Le prénom {LATIN}",
    "SEVERAL_NAMES": "Deux noms dans une même case (« née », « épouse »…) : gardez le seul nom de naissance.",
    "DATE_INVALID": "Date de naissance illisible : écrivez 1985-03-07 ou 07/03/1985, l'année en quatre chiffres.",
}


def identity_ranks(headers: Sequence[str], given: Mapping[str, str | None]) -> tuple[int, ...]:
    """Ranks (from 0) of the birth name, the first names and the birth date; ``UserError`` when one is not found.

    ``given``: the header that the user names for a part. Otherwise the first known header, surest first.
    """
    folded = [fold(header) for header in headers]
    ranks = []
    for part, known in IDENTITY_HEADERS.items():
        wanted = [fold(given[part])] if given.get(part) else known
        found = next((folded.index(name) for name in wanted if name in folded), None)
        if found is None or folded.count(folded[found]) > 1:
            raise UserError(f"La colonne « {part} » n'est pas reconnue." if found is None else
                            f"La colonne « {part} » existe deux fois.", where="en-tête du fichier",
                            why="l'identifiant se calcule sur le nom de naissance, les prénoms, la date de naissance",
                            remedy=f"nommer cette colonne {known[0]}, ou donner son nom : --{part} NOM_DE_LA_COLONNE",
                            exit_code=ExitCode.INPUT)
        ranks.append(found)
    return tuple(ranks)


def naming_ranks(headers: Sequence[str], identity: Sequence[int]) -> list[int]:
    """Ranks of other columns, unknown to every contract, that name people: they never leave the sender."""
    known = {fold(field.name) for contract in contracts.contracts().values() for field in contract.fields}
    return [rank for rank, header in enumerate(headers)
            if rank not in identity and fold(header) not in known and nominative_headers([header])]


def kept_ranks(headers: Sequence[str], identity: Sequence[int]) -> list[int]:
    """Ranks of the columns that stay as they are: not the identity, what is computed from it, what names people."""
    gone = {*identity, *naming_ranks(headers, identity)}
    return [rank for rank, header in enumerate(headers) if rank not in gone and fold(header) not in MADE]
