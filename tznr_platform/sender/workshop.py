"""A place to work that leaves nothing: what a sender runs has no data directory and keeps nothing.

Here: the throw-away folder and its settings, the refusal to hold both keys. Not here: what is done there.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tznr_platform.errors import ExitCode, UserError
from tznr_platform.settings import Settings, load_settings


@contextmanager
def workshop(**given: object) -> Iterator[Settings]:
    """Settings over an empty folder, its owner's only, that disappears with all it holds; ``given`` replaces others."""
    with tempfile.TemporaryDirectory(prefix="tznr-") as folder:
        root = Path(folder).resolve()
        yield load_settings(data_dir=root / "data", inbox=root / "inbox", analysis_key_file=None, **given)


def require_no_platform() -> None:
    """Refuse a machine where the platform is set up: nobody holds names, K1 and K2 together (methods 6.2)."""
    settings = load_settings()
    if {"data_dir", "analysis_key_file"} & settings.model_fields_set or settings.key_file.exists():
        raise UserError("La plateforme est installée sur ce poste.", where=str(settings.key_file.parent),
                        why="la clé K1 et les noms ne se trouvent jamais sur la machine qui détient la clé K2 "
                            "et les données : réunies, elles permettraient de reconnaître les personnes",
                        remedy="calculer les identifiants sur un poste de l'émetteur, sans les réglages TZNR_DATA_DIR "
                               "ni TZNR_ANALYSIS_KEY_FILE", exit_code=ExitCode.CONFIGURATION)
