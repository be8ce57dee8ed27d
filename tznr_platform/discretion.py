"""No personal value in a log or an error, whatever a library writes.

Here: the scrubber of every log record and uncaught exception of a process, and the boundary that turns an unexpected
error into one that says only its kind and its place. Not here: the screen for nominative files (``privacy``).
Source: methods 8.5, measured leaks through logs, exceptions and orchestrator storage.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from tznr_platform.errors import PermanentError, TransientError, UserError

MASK = "[masqué]"
CONFIDENTIAL = re.compile(
    r"(?<![0-9a-fA-F])[0-9a-fA-F]{64}(?![0-9a-fA-F])"                                      # identifier, pseudonym
    r"|[\w.+-]+@[\w-]+\.[\w.-]+"                                                            # e-mail
    r"|\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b"                          # IBAN
    r"|(?<![\d.])[1-478] ?\d{2} ?(?:0[1-9]|[1-9]\d) ?(?:\d{2}|2[ABab]) ?\d{3} ?\d{3}(?: ?\d{2})?(?![\d.])"  # NIR
    r"|(?<![\d.])(?:\+33 ?|0)[1-9](?:[ .-]?\d{2}){4}(?![\d.])"                               # telephone
    r"|(?i:could not convert string|conversion error|invalid input)[^\n]*")                 # DuckDB quotes the value


def scrubbed(text: str) -> str:
    """The text with everything that looks like a personal value replaced by a mask."""
    return CONFIDENTIAL.sub(MASK, text)


@contextmanager
def discreet() -> Iterator[None]:
    """Around work on person-level data: an unexpected error leaves as ``PermanentError``, its kind and place only.

    The message and the chain of the original are dropped: a library may quote a value in them.
    """
    try:
        yield
    except (UserError, PermanentError, TransientError):
        raise
    except Exception as error:
        raise PermanentError(f"{type(error).__name__} at {_place(error)}") from None


def install() -> None:
    """Scrub every log record and uncaught exception of this process, from now on. Twice is as good as once."""
    former = logging.getLogRecordFactory()
    if not getattr(former, "scrubs", False):
        logging.setLogRecordFactory(_Scrubbing(former))
    sys.excepthook = _excepthook
    threading.excepthook = lambda args: _excepthook(args.exc_type, args.exc_value, args.exc_traceback)


class _Scrubbing:
    """A log record factory whose records hold scrubbed text only."""

    scrubs = True

    def __init__(self, former: object) -> None:
        self._former = former

    def __call__(self, *args: object, **kwargs: object) -> logging.LogRecord:
        record = self._former(*args, **kwargs)
        try:
            text = record.getMessage()
        except (TypeError, ValueError):
            text = str(record.msg)
        if (safe := scrubbed(text)) != text:
            record.msg, record.args = safe, ()
        if record.exc_info and record.exc_info[0]:
            record.exc_text = scrubbed("".join(traceback.format_exception(*record.exc_info)))
        return record


def _place(error: BaseException) -> str:
    """Module and line of the innermost frame of ours: never a value, always enough to find the fault."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "tznr_platform" in frame.filename]
    frame = (frames or traceback.extract_tb(error.__traceback__))[-1]
    return f"{frame.filename.rpartition('tznr_platform/')[2]}:{frame.lineno}"


def _excepthook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    sys.stderr.write(scrubbed("".join(traceback.format_exception(kind, error, trace))))
