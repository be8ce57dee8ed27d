"""Progress for people: elapsed time and the French lines that assets say, nothing of the machinery."""

from __future__ import annotations

import logging
import sys
import time

from tznr_platform.assets.presentation import PROGRESS


class _Elapsed(logging.Formatter):
    def __init__(self) -> None:
        super().__init__()
        self._start = time.monotonic()

    def format(self, record: logging.LogRecord) -> str:
        minutes, seconds = divmod(int(time.monotonic() - self._start), 60)
        return f"  {minutes:02d}:{seconds:02d}  {'! ' if record.levelno > logging.INFO else ''}{record.getMessage()}"


def show_progress() -> None:
    """Print on the standard error what assets say while a job runs in this process."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Elapsed())
    PROGRESS.addHandler(handler)
    PROGRESS.propagate = False
