"""WHERE THINGS LIE: lake paths and atomic writes, the DuckDB connection, the append-only audit log.

Here: files, locks and connections. Not here: what the rows mean or whether they are right.
"""

from tznr_platform.storage.warehouse import connect, load_accepted, publish, writer

__all__ = ["connect", "load_accepted", "publish", "writer"]
