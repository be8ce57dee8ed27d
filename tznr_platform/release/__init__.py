"""From documents to packages: what is handed over, with a manifest that lets anybody check it.

Here: ``package`` (write) and ``verify`` (check). Not here: what a report says (``reporting``), what may leave
(``disclosure``).
"""

from tznr_platform.release.archive import package
from tznr_platform.release.verification import verify

__all__ = ["package", "verify"]
