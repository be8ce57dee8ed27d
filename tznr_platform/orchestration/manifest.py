"""What a run depends on: the dbt manifest, parsed again only when its project changed, and the state of a whole run."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

from tznr_platform.errors import PermanentError
from tznr_platform.intake import inbox_fingerprint
from tznr_platform.resources.dbt import DBT_EXECUTABLE, DBT_PROJECT_DIR, MANIFEST_FILE
from tznr_platform.settings import Settings
from tznr_platform.storage import locks

ROOT = DBT_PROJECT_DIR.parent
SOURCE_SUFFIXES = {".sql", ".yml", ".yaml", ".md", ".csv", ".py", ".json", ".j2", ".css"}
GENERATED_FOLDERS = {"target", "logs", "dbt_packages"}


def source_fingerprint(*folders: Path) -> str:
    """SHA-256 of every source file of ``folders``: path and bytes, in order of path."""
    digest = hashlib.sha256()
    for path in sorted(path for folder in folders for path in folder.rglob("*")):
        relative = path.relative_to(ROOT)
        if path.suffix in SOURCE_SUFFIXES and not GENERATED_FOLDERS & set(relative.parts):
            digest.update(relative.as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def job_state(settings: Settings) -> str:
    """What decides the result of a whole run: the inbox, the exclusions, the code and the day."""
    code = source_fingerprint(DBT_PROJECT_DIR, ROOT / "tznr_platform", ROOT / "quality")
    return f"{inbox_fingerprint(settings)} {code} {settings.today.isoformat()}\n"


def ensure_manifest() -> bool:
    """Parse the dbt project if its manifest is missing or stale, one process at a time; True when it was parsed."""
    stamp = MANIFEST_FILE.with_name("fingerprint.txt")
    with locks.exclusive(MANIFEST_FILE.with_name("parse.lock"), "le projet dbt", wait=True):
        return _parsed(stamp)


def _parsed(stamp: Path) -> bool:
    fingerprint = source_fingerprint(DBT_PROJECT_DIR)
    if MANIFEST_FILE.exists() and stamp.exists() and stamp.read_text() == fingerprint:
        return False
    command = [str(DBT_EXECUTABLE), "parse", "--quiet", "--project-dir", str(DBT_PROJECT_DIR),
               "--profiles-dir", str(DBT_PROJECT_DIR)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PermanentError(f"dbt parse failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    stamp.write_text(fingerprint)
    return True
