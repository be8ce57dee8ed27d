"""A console logger for people: elapsed time and the French line an asset wrote, nothing of the machinery."""

import logging
import sys
import time

import dagster as dg


class _ProgressFormatter(logging.Formatter):
    def __init__(self) -> None:
        super().__init__()
        self._start = time.monotonic()

    def format(self, record: logging.LogRecord) -> str:
        minutes, seconds = divmod(int(time.monotonic() - self._start), 60)
        message = getattr(record, "dagster_meta", {}).get("orig_message") or record.getMessage()
        mark = "" if record.levelno < logging.WARNING else "! "
        return f"  {minutes:02d}:{seconds:02d}  {mark}{message}"


@dg.logger(description="Progression en clair pour la ligne de commande")
def progress_logger(_context: dg.InitLoggerContext) -> logging.Logger:
    """Logger that prints what assets say and hides Dagster's own events."""
    logger = logging.getLogger("tznr.progress")
    logger.handlers.clear()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_ProgressFormatter())
    handler.addFilter(_is_for_people)
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    return logger


def _is_for_people(record: logging.LogRecord) -> bool:
    meta = getattr(record, "dagster_meta", {})
    return meta.get("dagster_event") is None and record.levelno < logging.ERROR
