"""Writing a package: the same content gives the same bytes.

Here: the zip, the CSV of published numbers. Not here: the manifest's form (``manifest``).
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from pathlib import Path

import pandas as pd

from quality import gate
from tznr_platform import disclosure
from tznr_platform.errors import ExitCode, UserError
from tznr_platform.release.manifest import DANGEROUS, DOSSIER, NAME, NUMBER_COLUMNS, NUMBERS, REPORT, manifest
from tznr_platform.reporting import read_numbers
from tznr_platform.reporting.explanation import code_version
from tznr_platform.reporting.report import report_file
from tznr_platform.settings import Settings
from tznr_platform.storage import audit, clock, lake

EPOCH = (1980, 1, 1, 0, 0, 0)


def package(settings: Settings, report: str) -> Path:
    """Write ``releases/tznr_<report>_<content>.zip``. GateRefused without a passing promotion of the
    present content; UserError when the report page is absent or was made from another content, or when the clock
    of the machine went back.
    """
    clock.require_steady(settings, "une remise")
    promotion = gate.require(report, settings)
    numbers = read_numbers(settings)
    published = numbers[numbers["status_code"] == disclosure.PUBLISHED]
    files = {REPORT: _page(report, promotion, settings), NUMBERS: numbers_csv(published),
             DOSSIER: (settings.dossiers_dir / f"{report}.html").read_bytes()}
    counts = {"published": len(published), "masked": int((numbers["status_code"] == disclosure.MASKED).sum()),
              "unavailable": int((numbers["status_code"] == disclosure.UNAVAILABLE).sum())}
    files[NAME] = manifest(report, files, promotion, code_version(), counts)
    path = settings.releases_dir / f"tznr_{report}_{promotion['content_hash'][:12]}.zip"
    lake.atomic_write_bytes(path, _zip(files))
    audit.append(settings, "release", path.name, content_hash=promotion["content_hash"])
    return path


def numbers_csv(published: pd.DataFrame) -> bytes:
    """Published numbers as semicolon CSV with a byte order mark; no cell can be read as a formula."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(NUMBER_COLUMNS)
    rows = published.reset_index()[list(NUMBER_COLUMNS)].sort_values("number_id").itertuples(index=False)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _cell(value: object) -> str:
    """A number with a decimal comma; a text that a spreadsheet would run gets a leading apostrophe."""
    if pd.isna(value):
        return ""
    if isinstance(value, float | int):
        return f"{value:.10g}".replace(".", ",")
    text = str(value)
    return f"'{text}" if text.startswith(DANGEROUS) else text


def _page(report: str, promotion: dict, settings: Settings) -> bytes:
    path = report_file(report, settings)
    content = path.read_bytes() if path.exists() else b""
    found = re.search(rb'<meta name="content-hash" content="([0-9a-f]{64})">', content)
    if not found or found[1].decode() != promotion["content_hash"]:
        raise UserError("Le rapport à diffuser n'est pas celui du contenu promu.", where=str(path),
                        why="il est absent, ou a été produit à partir d'un autre contenu",
                        remedy="produire le rapport de nouveau : tznr run", exit_code=ExitCode.GATE_REFUSED)
    return content


def _zip(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, content)
    return buffer.getvalue()
