"""What can go wrong, sorted by who must act: the user, nobody (permanent), or time (transient).

Here: the three error families and their exit codes. Not here: reason codes of refused rows and files,
which are not errors but results (see ``contracts/reference/reason_codes.csv``).
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of the ``tznr`` command, one for each kind of trouble."""

    OK = 0
    BUG = 1
    USAGE = 2
    INPUT = 3
    CONFIGURATION = 4
    GATE_REFUSED = 5
    STORAGE = 6
    BUSY = 7


class UserError(Exception):
    """Something the user can mend: says what, where, why and what to do, in French, without any personal value."""

    def __init__(self, what: str, *, where: str = "", why: str = "", remedy: str = "",
                 exit_code: ExitCode = ExitCode.INPUT) -> None:
        super().__init__(what)
        self.what, self.where, self.why, self.remedy = what, where, why, remedy
        self.exit_code = exit_code

    def __str__(self) -> str:
        parts = (("", self.what), ("Où : ", self.where), ("Pourquoi : ", self.why), ("Que faire : ", self.remedy))
        return "\n".join(label + text for label, text in parts if text)


class PermanentError(Exception):
    """Broken machinery that a new attempt will not repair."""


class TransientError(Exception):
    """A fault that may pass by itself: a lock held, a file still being written."""
