"""The manifest of a package: its files by hash, counts, code version, promotion record.

Here: the one description of a package that ``archive`` writes and ``verification`` reads. Not here: zip
files.
"""

from __future__ import annotations

import hashlib
import json

NAME = "manifest.json"
FORMAT = 1
REPORT, NUMBERS, DOSSIER = "rapport.html", "chiffres.csv", "dossier.html"
FILES = (REPORT, NUMBERS, DOSSIER)
NUMBER_COLUMNS = (
    "number_id",
    "label_fr",
    "value",
    "unit_code",
    "contributor_count",
    "territory_code",
    "query",
)
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def manifest(
    report: str, files: dict[str, bytes], promotion: dict, code: str, counts: dict[str, int]
) -> bytes:
    """The manifest of ``files`` as sorted JSON: same content, same bytes."""
    entries = {name: {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
               for name, content in sorted(files.items())}
    body = {"format": FORMAT, "report": report, "files": entries, "counts": counts, "code": code,
            "promotion": promotion}
    return (json.dumps(body, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()
