"""The texts that the pages of the kit are made of, and how a page may hold them without opening a door.

Here: reading ``page/``, embedding data, the digests that a content security policy asks for. Not here: the pages.
"""

from __future__ import annotations

import base64
import hashlib
import json
from importlib import resources


def source(name: str) -> str:
    """A text of the folder ``page``."""
    return resources.files("tznr_platform.sender").joinpath("page", name).read_text(encoding="utf-8")


def embedded(value: object) -> str:
    """JSON that may stand inside a script element."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def digest(text: str) -> str:
    """What a content security policy calls the digest of an inline script or style."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
