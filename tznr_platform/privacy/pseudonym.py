"""The second pass: from the exchange identifier P1 to the analysis identifier P2 = HMAC-SHA-256(K2, P1).

Here: the key K2 and the SQL that applies it to a whole column. P1 stays in memory and never lands.
Not here: which integer a person receives (``persons``). Source: methods, two-level HMAC; RFC 2104, RFC 4231.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from tznr_platform.errors import ExitCode, UserError
from tznr_platform.settings import Settings
from tznr_platform.storage import lake, registers

VERSION = "K2-1"
KEY_BYTES = 32
BLOCK_BYTES = 64


@dataclass(frozen=True)
class AnalysisKey:
    """Key K2 with its version; its value shows in no representation."""

    version: str
    secret: bytes = field(repr=False)

    @classmethod
    def load(cls, settings: Settings) -> AnalysisKey:
        """Read the key file; ``UserError`` CONFIGURATION when absent, misshapen or readable by others."""
        path = settings.key_file
        if not path.is_file():
            raise _refusal("La clé d'analyse K2 est absente.", path,
                           "sans elle, aucun fichier ne peut être lu",
                           "remettre la clé à sa place ; pour une toute première installation, la créer")
        if path.stat().st_mode & 0o077:
            raise _refusal("La clé d'analyse K2 est lisible par d'autres comptes.", path,
                           "elle ne doit l'être que par son propriétaire", "retirer ces droits (chmod 600)")
        version, _, text = path.read_text(encoding="ascii", errors="replace").strip().partition(":")
        try:
            secret = bytes.fromhex(text)
        except ValueError:
            secret = b""
        if version != VERSION or len(secret) != KEY_BYTES:
            raise _refusal("La clé d'analyse K2 n'a pas la forme attendue.", path,
                           f"il faut « {VERSION}: » suivi de {KEY_BYTES} octets en hexadécimal",
                           "restaurer la clé d'origine ; ne pas en créer une autre : les personnes déjà "
                           "connues changeraient d'identifiant")
        return cls(version, secret)

    @classmethod
    def create(cls, settings: Settings) -> AnalysisKey:
        """Draw a key, mode 0600; ``UserError`` CONFIGURATION where a key or persons exist already."""
        path = settings.key_file
        if path.exists():
            raise _refusal("Une clé d'analyse K2 existe déjà.", path,
                           "une clé ne se remplace pas en cours de projet", "utiliser la clé en place")
        if registers.person_file(settings).exists():
            raise _refusal("Une nouvelle clé d'analyse K2 est refusée.", path,
                           "des personnes sont déjà connues sous la clé d'origine, qui a disparu",
                           "restaurer la clé d'origine depuis sa sauvegarde")
        secret = secrets.token_bytes(KEY_BYTES)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lake.atomic_write_bytes(path, f"{VERSION}:{secret.hex()}\n".encode(), mode=0o600)
        return cls(VERSION, secret)

    def second_pass_sql(self, column: str) -> str:
        """SQL giving P2 (64 hexadecimal characters) of a VARCHAR expression; ``parameters`` are to be bound."""
        return hmac_sql(f"encode({column})")

    def second_pass(self, identifier: str) -> str:
        """P2 of one identifier, as the SQL gives it: for what is not a table (a file of any kind, a request)."""
        return hmac.digest(self.secret, identifier.encode(), "sha256").hex()

    @property
    def fingerprint(self) -> str:
        """Tells one key from another and nothing about it: what a backup says of the key its pseudonyms need."""
        return self.second_pass("TZNR key check")[:16]

    @property
    def parameters(self) -> dict[str, bytes]:
        """What to bind to ``second_pass_sql``: the key is never part of a text that an error could quote."""
        return hmac_parameters(self.secret)


def hmac_sql(message: str) -> str:
    """SQL of HMAC-SHA-256 in lower hexadecimal over a BLOB expression; ``hmac_parameters`` are to be bound."""
    return f"sha256($outer::blob || unhex(sha256($inner::blob || {message})))"


def hmac_parameters(key: bytes) -> dict[str, bytes]:
    """The inner and outer padded keys (RFC 2104) of a key of at most one block."""
    if len(key) > BLOCK_BYTES:
        raise ValueError("key longer than one block")
    block = key.ljust(BLOCK_BYTES, b"\0")
    return {name: bytes(byte ^ pad for byte in block) for name, pad in (("inner", 0x36), ("outer", 0x5C))}


def _refusal(what: str, path: Path, why: str, remedy: str) -> UserError:
    return UserError(what, where=str(path), why=why, remedy=remedy, exit_code=ExitCode.CONFIGURATION)
