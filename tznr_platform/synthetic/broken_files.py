"""Files that are wrong as a whole: each must be answered by one file reason code and stop nobody else.

Here: the list, what is in them, where they lie. Not here: rows that are wrong in a good file (``defects``).
Every one of them comes beside a good file, so that refusing it leaves the truth untouched.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

QUARTER = "2023-T4"


@dataclass(frozen=True)
class BrokenFile:
    """``path`` inside the inbox, ``reason`` it must get, bytes (None: a directory), or the file it
    repeats (with one more empty line, unless it is sent twice as it is)."""

    path: str
    reason: str
    content: bytes | None = b""
    copy_of: str = ""


REVIEW_HEADER = (
    "identifiant;prestation;date_situation;situation;eligibilite;methode_eligibilite;types_non_recours;"
    "date_demande;issue_demande;date_decision\r\n"
)
WITHOUT_SITUATION = (
    REVIEW_HEADER.replace(";situation", "") + f"{'a' * 64};RSA;2023-11-02;oui;simulateur;;;;\r\n"
)
OTHER_SEPARATOR = (REVIEW_HEADER + f"{'b' * 64};RSA;2023-11-02;percoit;oui;simulateur;;;;\r\n").replace(
    ";", "~"
)
MEETING_HEADER = (
    "identifiant;date_rencontre;type_action;canal;lieu;role_professionnel;orientation_vers;"
    "orientation_aboutie\r\n"
)
WITH_NAMES = "NOM;PRENOM;DATE_NAISSANCE;tranche_age\r\nX;X;;25_34\r\n"
LOCAL_TABLE = "mois;passages\r\n2023-11;41\r\n"
INTERVIEWS = "code_entretien;mois;profil;theme;occurrences\r\nE001;2023-11;personne;acces;2\r\n"

BROKEN_FILES = (
    BrokenFile(f"TZNR-08/TZNR-08_rencontres_{QUARTER}_v2.csv", "FILE_EMPTY"),
    BrokenFile(f"TZNR-06/TZNR-06_suivi_{QUARTER}.csv", "TABLE_UNKNOWN", LOCAL_TABLE.encode()),
    BrokenFile(
        f"CCAS-EXEMPLE_personnes_{QUARTER}.csv", "SENDER_UNKNOWN", copy_of=f"TZNR-06_personnes_{QUARTER}"
    ),
    BrokenFile("TZNR-06/TZNR-06_droits.csv", "PERIOD_UNKNOWN", REVIEW_HEADER.encode()),
    BrokenFile(f"TZNR-07/TZNR-07_droits_{QUARTER}_v2.csv", "COLUMN_MISSING", WITHOUT_SITUATION.encode()),
    BrokenFile(f"TZNR-04/TZNR-04_droits_{QUARTER}_v2.csv", "SEPARATOR_UNKNOWN", OTHER_SEPARATOR.encode()),
    BrokenFile(f"TZNR-01/TZNR-01_personnes_{QUARTER}_v9.csv", "NOMINATIVE_COLUMN", WITH_NAMES.encode()),
    BrokenFile(f"TZNR-05/TZNR-05_droits_{QUARTER}_v9.pdf", "FORMAT_UNSUPPORTED", b"%PDF-1.4\n%%EOF\n"),
    BrokenFile("TZNR-05/TZNR-05_entretiens_2023-S2.csv", "SENDER_NOT_ALLOWED", INTERVIEWS.encode()),
    BrokenFile(f"TZNR-02/TZNR-02_rencontres_{QUARTER}_v2.csv", "NO_ROWS", MEETING_HEADER.encode()),
    BrokenFile(f"TZNR-10/TZNR-10_droits_{QUARTER}_v2.xlsx", "FILE_UNREADABLE", b"PK\x03\x04 tronque"),
    BrokenFile(f"TZNR-09/TZNR-09_rencontres_{QUARTER}.csv", "NOT_A_FILE", None),
    BrokenFile(
        f"TZNR-06/renvoi/TZNR-06_droits_{QUARTER}.csv",
        "DUPLICATE_DELIVERY",
        copy_of=f"TZNR-06_droits_{QUARTER}",
    ),
)


def write(out_dir: Path) -> list[BrokenFile]:
    """Write the broken files whose model exists (a tiny population may lack one); returns those written."""
    written = []
    for broken in BROKEN_FILES:
        model = _model(out_dir, broken.copy_of) if broken.copy_of else None
        if broken.copy_of and model is None:
            continue
        path = out_dir / broken.path
        path.parent.mkdir(parents=True, exist_ok=True)
        if broken.content is None:
            path.mkdir(exist_ok=True)
        else:
            changed = b"" if broken.reason == "DUPLICATE_DELIVERY" else b"\r\n"
            path.write_bytes(model.read_bytes() + changed if model else broken.content)
        written.append(broken)
    return written


def _model(out_dir: Path, stem: str) -> Path | None:
    path = out_dir / stem.partition("_")[0] / f"{stem}.csv"
    return path if path.exists() else None
