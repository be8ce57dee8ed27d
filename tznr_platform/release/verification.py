"""Checking a package against its own manifest, from the zip file alone.

Here: what a receiver can check without the platform's data. Not here: whether it should have been released
(gates).
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import zipfile
from pathlib import Path

from tznr_platform.release.manifest import DANGEROUS, FILES, FORMAT, NAME, NUMBER_COLUMNS, NUMBERS, REPORT

SIZE_LIMIT = 200 * 1024 * 1024


def verify(path: Path) -> list[str]:
    """French sentences, one a problem; empty when the package is what its manifest says."""
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > SIZE_LIMIT:
                return ["le paquet déplié dépasse la taille prévue"]
            files = {name: archive.read(name) for name in archive.namelist()}
        manifest = json.loads(files.pop(NAME))
        declared, promotion = manifest["files"], manifest["promotion"]
    except KeyError as error:
        return [f"le manifeste est absent ou incomplet ({error.args[0]})"]
    except (zipfile.BadZipFile, ValueError, TypeError, OSError):
        return ["le paquet ou son manifeste est illisible"]
    problems = (
        [f"format de manifeste inconnu : {manifest.get('format')}"]
        if manifest.get("format") != FORMAT
        else []
    )
    problems += [
        f"{name} : fichier absent" for name in sorted(set(FILES) | set(declared)) if name not in files
    ]
    problems += [f"{name} : fichier en trop" for name in sorted(set(files) - set(declared))]
    problems += [f"{name} : contenu modifié" for name, entry in sorted(declared.items())
                 if name in files and hashlib.sha256(files[name]).hexdigest() != entry["sha256"]]
    return problems + _promotion(promotion, files) + _numbers(files.get(NUMBERS, b""), manifest)


def _promotion(promotion: dict, files: dict[str, bytes]) -> list[str]:
    problems = [] if promotion.get("passed") is True else ["la porte n'a pas été franchie"]
    found = re.search(rb'name="content-hash" content="([0-9a-f]{64})"', files.get(REPORT, b""))
    if not found or found[1].decode() != promotion.get("content_hash"):
        problems.append(f"{REPORT} : ne porte pas l'empreinte du contenu promu")
    return problems


def _numbers(content: bytes, manifest: dict) -> list[str]:
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig", errors="replace")), delimiter=";"))
    if not rows or tuple(rows[0]) != NUMBER_COLUMNS:
        return [f"{NUMBERS} : colonnes inattendues"]
    place = {name: index for index, name in enumerate(NUMBER_COLUMNS)}
    problems = []
    if len(rows) - 1 != manifest.get("counts", {}).get("published"):
        problems.append(f"{NUMBERS} : nombre de chiffres inattendu")
    if any(row[place["value"]] == "" for row in rows[1:]):
        problems.append(f"{NUMBERS} : un chiffre publié n'a pas de valeur")
    texts = [index for name, index in place.items() if name not in ("value", "contributor_count")]
    if any(row[index].startswith(DANGEROUS) for row in rows[1:] for index in texts):
        problems.append(f"{NUMBERS} : une cellule serait lue comme une formule")
    return problems
