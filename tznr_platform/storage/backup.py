"""Copies of the lake to come back to: a folder with a manifest of hashes, and the swap that puts one in place.

Here: making, checking, staging, swapping, the end of old copies. Not here: who must not come back with a copy
(``privacy.erasure.restore``, the one way to restore). The keys are not in a copy: apart, it names nobody.

The requests (ledger, lists) are copied too, and put back only where none are in place: a list that has grown since
must not shrink again.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from tznr_platform.errors import ExitCode, UserError
from tznr_platform.settings import Settings
from tznr_platform.storage import audit, lake

MANIFEST, PREFIX, STAGING = "manifest.json", "tznr-sauvegarde-", "restoring"
REPLACED_ZONES, KEPT_ZONES = ("lake", "exchange"), ("requests",)
KEPT_DAYS = 35
MADE, ENDED = "backup", "backup_end"
CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Manifest:
    """What a copy holds: SHA-256 by path, the key its pseudonyms need, the erasures it already obeys."""

    created_at: str
    key_fingerprint: str
    erasure_ids: tuple[str, ...]
    files: dict[str, str]

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """``UserError`` INPUT when the folder is not a whole copy."""
        try:
            known = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            return cls(**{**known, "erasure_ids": tuple(known["erasure_ids"])})
        except (OSError, ValueError, KeyError, TypeError):
            raise UserError("Ce dossier n'est pas une sauvegarde complète.", where=str(folder),
                            why="son manifeste est absent ou illisible",
                            remedy=f"donner un dossier {PREFIX}… écrit par tznr backup") from None


def make(settings: Settings, out: Path, key_fingerprint: str, erasure_ids: tuple[str, ...]) -> Path:
    """Copy the zones into a new folder of ``out``, its owner's only; the copies of more than 35 days there are removed.

    The caller holds the lake. ``UserError`` INPUT for a place inside the data directory, STORAGE on a full disk.
    """
    out = out.resolve()
    if out.is_relative_to(settings.root):
        raise UserError("Une sauvegarde ne se range pas dans ce qu'elle sauvegarde.", where=str(out),
                        why="elle disparaîtrait avec lui", remedy="choisir un autre disque, chiffré")
    moment = dt.datetime.now(dt.UTC)
    target = out / f"{PREFIX}{moment:%Y%m%d-%H%M%S-%f}"
    with lake.storage_errors(out):
        target.mkdir(parents=True, mode=0o700)
        files = {path.relative_to(settings.root).as_posix(): _copied(path, target / path.relative_to(settings.root))
                 for path in _files(settings.root, *REPLACED_ZONES, *KEPT_ZONES)}
        manifest = Manifest(moment.isoformat(timespec="seconds"), key_fingerprint, erasure_ids, files)
        lake.atomic_write_text(target / MANIFEST, json.dumps(asdict(manifest), indent=1, sort_keys=True) + "\n")
    audit.append(settings, MADE, str(target), files=len(files))
    for old in copies(out):
        if (moment - dt.datetime.fromisoformat(Manifest.read(old).created_at)).days > KEPT_DAYS:
            shutil.rmtree(old)
            audit.append(settings, ENDED, str(old), why=f"plus de {KEPT_DAYS} jours")
    return target


def copies(out: Path) -> list[Path]:
    """The whole copies of a folder, oldest first."""
    return sorted(path.parent for path in out.glob(f"{PREFIX}*/{MANIFEST}"))


def stage(settings: Settings, source: Path, key_fingerprint: str) -> Manifest:
    """Copy a backup beside the data, every hash checked; nothing of the platform changes yet.

    ``UserError`` INPUT when it is altered or incomplete, CONFIGURATION when its pseudonyms need another key.
    """
    manifest = Manifest.read(source)
    if manifest.key_fingerprint != key_fingerprint:
        raise UserError("Cette sauvegarde a été faite avec une autre clé d'analyse K2.", where=str(source),
                        why="ses personnes ne seraient plus reconnues", remedy="remettre la clé d'origine",
                        exit_code=ExitCode.CONFIGURATION)
    staging = settings.root / STAGING
    shutil.rmtree(staging, ignore_errors=True)
    with lake.storage_errors(staging):
        staging.mkdir(parents=True, mode=0o700)
        for name, sha256 in manifest.files.items():
            place = staging / name
            if not place.resolve().is_relative_to(staging) or not (source / name).is_file() \
                    or _copied(source / name, place) != sha256:
                shutil.rmtree(staging)
                raise UserError("Cette sauvegarde est abîmée : rien n'a été remplacé.", where=str(source),
                                why="un fichier manque ou n'a plus son empreinte",
                                remedy="prendre une autre sauvegarde")
    for zone in REPLACED_ZONES:
        (staging / zone).mkdir(exist_ok=True)
    return manifest


def swap(settings: Settings) -> None:
    """Put what is staged in place; may be cut and called again: a zone still staged has not been swapped."""
    staging, former = settings.root / STAGING, settings.root / f"{STAGING}.former"
    for zone in (*REPLACED_ZONES, *KEPT_ZONES):
        fresh, place = staging / zone, settings.root / zone
        if not fresh.exists():
            continue
        if zone in KEPT_ZONES:
            _fill(fresh, place)
            continue
        if place.exists():
            shutil.rmtree(former, ignore_errors=True)
            os.replace(place, former)
        os.replace(fresh, place)
    shutil.rmtree(former, ignore_errors=True)
    shutil.rmtree(staging, ignore_errors=True)


def _fill(fresh: Path, place: Path) -> None:
    """Move the files that are not there; those in place win."""
    for path in sorted(fresh.rglob("*")):
        target = place / path.relative_to(fresh)
        if path.is_file() and not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(path, target)


def _files(root: Path, *zones: str) -> Iterator[Path]:
    for zone in zones:
        for path in sorted((root / zone).rglob("*")):
            if path.is_file() and path.suffix != ".lock" and not path.name.startswith(".writing-"):
                yield path


def _copied(source: Path, target: Path) -> str:
    """Copy a file with its mode and return its SHA-256, in one reading."""
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with source.open("rb") as reading, target.open("wb") as writing:
        while chunk := reading.read(CHUNK_BYTES):
            digest.update(chunk)
            writing.write(chunk)
    shutil.copymode(source, target)
    return digest.hexdigest()
