"""One shape for every key of the platform: a file of one line, « version:64 hexadecimal digits », for its owner only.

Here: reading and writing it. Not here: what a key is for (``pseudonym``, ``requests``), where it lies (``settings``).
"""

from __future__ import annotations

import secrets
from pathlib import Path

from tznr_platform.errors import ExitCode, UserError
from tznr_platform.storage import lake

KEY_BYTES = 32


def read(path: Path, version: str, name: str) -> bytes:
    """The key; ``UserError`` CONFIGURATION when absent, misshapen or readable by others.

    ``name`` says in French which key it is, to follow « La ».
    """
    if not path.is_file():
        raise refusal(f"La {name} est absente.", path, "sans elle, rien ne peut être lu ni inscrit",
                      "remettre la clé à sa place ; pour une toute première installation : tznr init")
    if path.stat().st_mode & 0o077:
        raise refusal(f"La {name} est lisible par d'autres comptes.", path,
                      "elle ne doit l'être que par son propriétaire", "retirer ces droits (chmod 600)")
    stated, _, text = path.read_text(encoding="ascii", errors="replace").strip().partition(":")
    try:
        secret = bytes.fromhex(text)
    except ValueError:
        secret = b""
    if stated != version or len(secret) != KEY_BYTES:
        raise refusal(f"La {name} n'a pas la forme attendue.", path,
                      f"il faut « {version}: » suivi de {KEY_BYTES} octets en hexadécimal",
                      "restaurer la clé d'origine ; ne pas en créer une autre : les personnes déjà "
                      "connues changeraient d'identifiant")
    return secret


def create(path: Path, version: str) -> bytes:
    """Draw a key and write it, mode 0600, in a folder of its owner only."""
    secret = secrets.token_bytes(KEY_BYTES)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    lake.atomic_write_bytes(path, f"{version}:{secret.hex()}\n".encode(), mode=0o600)
    return secret


def refusal(what: str, path: Path, why: str, remedy: str) -> UserError:
    """The letter about a key; never its value."""
    return UserError(what, where=str(path), why=why, remedy=remedy, exit_code=ExitCode.CONFIGURATION)
