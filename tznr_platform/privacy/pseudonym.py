"""The second pass: from the exchange identifier P1 to the analysis identifier P2 = HMAC-SHA-256(K2, P1).

Here: the key K2 and the SQL that applies it to a whole column. P1 stays in memory and never lands.
Not here: which integer a person receives (``persons``). Source: methods, two-level HMAC; RFC 2104, RFC 4231.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field

from tznr_platform.privacy import keyfile
from tznr_platform.settings import Settings
from tznr_platform.storage import registers

VERSION, NAME = "K2-1", "clé d'analyse K2"
BLOCK_BYTES = 64


@dataclass(frozen=True)
class AnalysisKey:
    """Key K2 with its version; its value shows in no representation."""

    version: str
    secret: bytes = field(repr=False)

    @classmethod
    def load(cls, settings: Settings) -> AnalysisKey:
        """Read the key file; ``UserError`` CONFIGURATION when absent, misshapen or readable by others."""
        return cls(VERSION, keyfile.read(settings.key_file, VERSION, NAME))

    @classmethod
    def create(cls, settings: Settings) -> AnalysisKey:
        """Draw a key, mode 0600; ``UserError`` CONFIGURATION where a key or persons exist already."""
        path = settings.key_file
        if path.exists():
            raise keyfile.refusal(f"Une {NAME} existe déjà.", path, "une clé ne se remplace pas en cours de projet",
                                  "utiliser la clé en place")
        if any(known.exists() for known in (registers.person_file(settings), registers.exclusion_file(settings),
                                            registers.restriction_file(settings))):
            raise keyfile.refusal(f"Une nouvelle {NAME} est refusée.", path,
                                  "des personnes sont déjà connues sous la clé d'origine, qui a disparu",
                                  "restaurer la clé d'origine depuis sa sauvegarde")
        return cls(VERSION, keyfile.create(path, VERSION))

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
