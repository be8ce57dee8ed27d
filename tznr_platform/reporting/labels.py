"""French labels of codes.

Here: reading ``labels.yml``. Not here: how numbers are written (``tznr_platform.french``).
"""

from __future__ import annotations

import functools
from pathlib import Path

import yaml


def label(dimension: str, code: object) -> str:
    """The French label of a code, or a readable form of the code itself."""
    code = str(code)
    readable = code.replace("_", " ")
    return _labels().get(dimension, {}).get(code, readable.capitalize() if len(readable) > 4 else readable)


def codes(dimension: str) -> tuple[str, ...]:
    """The codes of a dimension in the order of the file, which is the order of the tables."""
    return tuple(_labels().get(dimension, {}))


@functools.cache
def _labels() -> dict[str, dict[str, str]]:
    return yaml.safe_load(Path(__file__).with_name("labels.yml").read_text(encoding="utf-8"))
