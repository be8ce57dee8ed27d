"""The exchange identifier P1, computed where names are known: at senders and bodies, never at the evaluator.

Here: what a provider of identifiers is, and the one in use: HMAC-SHA-256 under the key K1. An oblivious provider
(OPRF, RFC 9497: a key service that never sees the name, a sender that never sees the key) would be another class with
the same three members. Not here: the canonical identity (``identity``), the second pass and its key K2
(``pseudonym``): no machine holds both keys. Source: methods 6.2; RFC 2104, RFC 4231.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tznr_platform.privacy import keyfile
from tznr_platform.privacy.identity import LEVEL, SCHEME, Canonical
from tznr_platform.privacy.pseudonym import hmac_parameters, hmac_sql

KEY_VERSION = "K1-1"
IDENTIFIER_VERSION = f"{SCHEME}_{LEVEL}_k1v1".lower()


@dataclass(frozen=True)
class Pseudonym:
    """An exchange identifier, the rules and key it was made with, and how sure the identity is."""

    value: str
    version: str
    is_dob_default: bool


class PseudonymProvider(Protocol):
    """What turns a canonical identity into an exchange identifier; two must agree to the byte for one version."""

    version: str

    def derive(self, identity: Canonical) -> Pseudonym:
        """The identifier of one identity."""

    def derive_sql(self, message: str) -> tuple[str, dict[str, bytes]]:
        """The same over a column of ASCII messages: a DuckDB expression, and what to bind to it."""


@dataclass(frozen=True)
class ExchangeKey:
    """Key K1 with the version it gives to identifiers; its value shows in no representation."""

    version: str
    secret: bytes = field(repr=False)

    @classmethod
    def load(cls, path: Path) -> ExchangeKey:
        """Read a key file ``K1-1:<64 hex>``; ``UserError`` CONFIGURATION when absent, misshapen or open to others."""
        if not path.is_file():
            raise keyfile.refusal("La clé d'échange K1 est absente.", path,
                                  "sans elle, aucun identifiant n'est calculé",
                                  "donner le chemin du fichier de clé remis à votre structure")
        return cls(IDENTIFIER_VERSION, keyfile.read(path, KEY_VERSION, "clé d'échange K1"))

    def derive(self, identity: Canonical) -> Pseudonym:
        """HMAC-SHA-256 of the message, 64 hexadecimal characters."""
        value = hmac.digest(self.secret, identity.message.encode("ascii"), "sha256").hex()
        return Pseudonym(value, self.version, identity.is_default_birth_date)

    def derive_sql(self, message: str) -> tuple[str, dict[str, bytes]]:
        """The same in DuckDB: the key is bound, never part of a text that an error could quote."""
        return hmac_sql(f"encode({message})"), hmac_parameters(self.secret)

