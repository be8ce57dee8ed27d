"""The platform's intake in a process of its own: files to the lake, then the lake to the views dbt reads.

Usage: ``python -m benchmarks.platform_job DATA_DIR INBOX [intake]``; with ``intake``, to the lake only.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tznr_platform import intake
from tznr_platform.cli.init import prepare
from tznr_platform.settings import load_settings
from tznr_platform.storage import load_accepted, writer


def main(data_dir: Path, inbox: Path, until: str = "load") -> None:
    """What the assets of reception and the load step before dbt do."""
    settings = load_settings(data_dir=data_dir, inbox=inbox)
    if not settings.key_file.exists():
        prepare(settings)
    intake.run(settings)
    if until == "intake":
        return
    with writer(settings) as con:
        load_accepted(con, settings)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])
