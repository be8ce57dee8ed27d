"""The dbt manifest: parsed once, again only when the dbt project has changed."""

from __future__ import annotations

import hashlib
import subprocess

from tznr_platform.errors import PermanentError
from tznr_platform.resources.dbt import DBT_EXECUTABLE, DBT_PROJECT_DIR, MANIFEST_FILE

SOURCE_SUFFIXES = {".sql", ".yml", ".yaml", ".md", ".csv"}
GENERATED_FOLDERS = {"target", "logs", "dbt_packages"}


def project_fingerprint() -> str:
    """SHA-256 of every source file of the dbt project: path and bytes, in order of path."""
    digest = hashlib.sha256()
    for path in sorted(DBT_PROJECT_DIR.rglob("*")):
        relative = path.relative_to(DBT_PROJECT_DIR)
        if path.suffix in SOURCE_SUFFIXES and relative.parts[0] not in GENERATED_FOLDERS:
            digest.update(relative.as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def ensure_manifest() -> bool:
    """Parse the dbt project if its manifest is missing or stale; True when it was parsed."""
    stamp = MANIFEST_FILE.with_name("fingerprint.txt")
    fingerprint = project_fingerprint()
    if MANIFEST_FILE.exists() and stamp.exists() and stamp.read_text() == fingerprint:
        return False
    command = [str(DBT_EXECUTABLE), "parse", "--quiet", "--project-dir", str(DBT_PROJECT_DIR),
               "--profiles-dir", str(DBT_PROJECT_DIR)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PermanentError(f"dbt parse failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    stamp.write_text(fingerprint)
    return True
