"""Which field each column of a file holds.

Here: names folded (accents, case, separators, small words, plurals, usual short forms, remarks in brackets), names
that come twice or are missing, « vouliez-vous dire ». A near miss is told, never taken. Messages never quote a
header: without a header line, it is a value. Not here: finding the header (``grid``).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from tznr_platform import contracts
from tznr_platform.intake.arrivals import FileRefusedError
from tznr_platform.privacy.screen import fold, nominative_headers

BRACKETS = re.compile(r"[(\[*].*")
SHORT_FORMS = {"nb": "nombre", "nbre": "nombre", "dt": "date", "num": "numero"}
SMALL_WORDS = frozenset({"de", "du", "des", "la", "le", "les", "l", "d"})
NEAR = 0.8


@dataclass(frozen=True)
class Matched:
    """For each column of a file the field it holds, None if none; what the receipt says of the others."""

    columns: tuple[str | None, ...]
    remarks: tuple[tuple[str, str], ...] = ()


@lru_cache(maxsize=4096)
def name_key(text: str) -> str:
    """What is compared of a name: « Nb d'enfants (à charge) » and ``nombre_enfants`` are the same."""
    words = [SHORT_FORMS.get(word, word) for word in fold(BRACKETS.sub("", text) or text).split("_")
             if word not in SMALL_WORDS]
    return "_".join(word[:-1] if len(word) > 3 and word.endswith("s") else word for word in words)


def table_of_headers(headers: Sequence[str]) -> str | None:
    """The one table whose mandatory columns are all there; None when none or several are."""
    keys = {name_key(header) for header in headers}
    found = [contract.name for contract in contracts.contracts().values()
             if {name_key(field.name) for field in contract.fields if field.required} <= keys]
    return found[0] if len(found) == 1 else None


def match_columns(headers: Sequence[str], contract: contracts.Contract, left: int = 0) -> Matched:
    """The field of each column; ``left``: columns of the file before the first of ``headers``.

    ``FileRefusedError``: NOMINATIVE_COLUMN, HEADER_AMBIGUOUS when a field comes twice, COLUMN_MISSING.
    """
    columns = _fields_of(headers, contract)
    unknown = [header for header, column in zip(headers, columns, strict=True) if column is None]
    if contract.sender_kind != "open_data" and (words := nominative_headers(unknown)):
        raise FileRefusedError("NOMINATIVE_COLUMN", ", ".join(words))
    present = [column for column in columns if column is not None]
    if doubles := sorted({column for column in present if present.count(column) > 1}):
        raise FileRefusedError("HEADER_AMBIGUOUS", "colonne en double : " + ", ".join(doubles))
    near = _near_misses(headers, columns, contract, left)
    missing = [field.name for field in contract.fields if field.required and field.name not in present]
    if missing:
        raise FileRefusedError("COLUMN_MISSING", " ; ".join(
            f"{name} : colonne n° {near[name]}, vouliez-vous dire « {name} » ?" if name in near else name
            for name in missing))
    return Matched(columns, tuple(("COLUMN_SUGGESTED", f"colonne n° {rank} : vouliez-vous dire « {name} » ?")
                                  for name, rank in near.items()))


def _fields_of(headers: Sequence[str], contract: contracts.Contract) -> tuple[str | None, ...]:
    """Exact names first; a name that only resembles by its key never takes the place of an exact one."""
    exact = {fold(field.name): field.name for field in contract.fields}
    keys = [name_key(field.name) for field in contract.fields]
    taken = {exact[fold(header)] for header in headers if fold(header) in exact}
    alike = {key: field.name for key, field in zip(keys, contract.fields, strict=True)
             if keys.count(key) == 1 and field.name not in taken}
    return tuple(exact.get(fold(header)) or alike.get(name_key(header)) for header in headers)


def _near_misses(headers: Sequence[str], columns: Sequence[str | None], contract: contracts.Contract,
                 left: int) -> dict[str, int]:
    """For fields that no column holds, the rank of the unknown column whose name is closest, if it is close."""
    unknown = {name_key(header): rank for rank, header in enumerate(headers, start=left + 1)
               if header and columns[rank - left - 1] is None}
    near: dict[str, int] = {}
    for field in contract.fields:
        if field.name not in columns and unknown:
            found = difflib.get_close_matches(name_key(field.name), unknown, n=1, cutoff=NEAR)
            if found:
                near[field.name] = unknown.pop(found[0])
    return near
