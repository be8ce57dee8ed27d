"""The register of deliveries: every file ever answered, which version is in force, what was seen already.

Here: reading it whole, adding to it, replacing it atomically; the small memory of file sizes and dates
that spares a second reading. Not here: the decision what a file is (``scan``).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import duckdb
import pyarrow as pa

from tznr_platform.intake.arrivals import Delivery
from tznr_platform.privacy import exclusions
from tznr_platform.settings import Settings
from tznr_platform.storage import lake, registers

State = tuple[int, int]
COPIES_PREFIX = "clean-"
ACCEPTED = ("accepted", "partial")
FIELDS = [name for name in registers.DELIVERIES if name != "is_current"]
ARROW = {"INTEGER": pa.int32(), "BIGINT": pa.int64(), "VARCHAR": pa.string(), "DATE": pa.date32(),
         "TIMESTAMP": pa.timestamp("us"), "BOOLEAN": pa.bool_()}


class Register:
    """The deliveries on disk, held in memory for one run."""

    def __init__(self, con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
        self.con, self._settings = con, settings
        self.exclusion_version = exclusions.version(con, settings)
        rows = con.execute(f"select {', '.join(FIELDS)} from ({registers.deliveries(settings)}) "
                           "order by delivery_id").fetchall()
        self.deliveries = [Delivery(**dict(zip(FIELDS, row, strict=True))) for row in rows]
        self._unfinished = settings.lake_dir / "register" / "unfinished"
        if self._unfinished.exists():
            self._remove_orphans()

    @property
    def next_id(self) -> int:
        return 1 + max((delivery.delivery_id for delivery in self.deliveries), default=0)

    def answered(self) -> dict[tuple[str, str], int | None]:
        """(file name, sha256) of every file that has its answer, and the exclusion list it was judged under."""
        return {(delivery.file_name, delivery.sha256): delivery.exclusion_version for delivery in self.deliveries}

    def landed(self) -> list[Delivery]:
        """The deliveries of which rows were accepted, superseded ones too."""
        return [delivery for delivery in self.deliveries if delivery.status_code in ACCEPTED]

    def current(self) -> list[Delivery]:
        """The landed delivery of the highest version for each sender, table and period."""
        latest = {(delivery.sender_code, delivery.table_name, delivery.period): delivery
                  for delivery in sorted(self.landed(), key=lambda delivery: delivery.version)}
        return list(latest.values())

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Around data files and their entry: what a cut run leaves behind is removed by the next."""
        self._unfinished.parent.mkdir(parents=True, exist_ok=True)
        self._unfinished.touch()
        yield
        self._unfinished.unlink()

    def add(self, deliveries: Iterable[Delivery]) -> None:
        """Write the register with these deliveries: they exist from then on, so their data come before."""
        self.deliveries += deliveries
        current = {delivery.delivery_id for delivery in self.current()}
        columns = {name: [getattr(delivery, name) for delivery in self.deliveries] for name in FIELDS}
        columns["is_current"] = [delivery.delivery_id in current for delivery in self.deliveries]
        shape = pa.schema([(name, ARROW[kind]) for name, kind in registers.DELIVERIES.items()])
        self.con.register("register_rows", pa.Table.from_pydict(columns, schema=shape))
        lake.write_parquet(self.con, "from register_rows order by delivery_id",
                           registers.deliveries_file(self._settings))
        self.con.unregister("register_rows")

    def _remove_orphans(self) -> None:
        """Remove data files that no delivery owns, and clean copies: a run was cut before its last step."""
        owned = {lake.accepted_file(self._settings, delivery.table_name, delivery.sender_code,
                                    delivery.period, delivery.delivery_id) for delivery in self.landed()}
        owned |= {lake.quarantine_file(self._settings, delivery.delivery_id) for delivery in self.deliveries}
        for folder in ("accepted", "quarantine"):
            for path in (self._settings.lake_dir / folder).rglob("d*.parquet"):
                if path not in owned:
                    path.unlink()
        for folder in self._settings.spill_dir.glob(f"{COPIES_PREFIX}*"):
            shutil.rmtree(folder)


class SeenFiles:
    """What was read of each file, kept while its size and date do not change: a file put there again changes date.

    A file is known by its place, or by a digest of it when its name is masked (``scan``).
    ``exclusion_version`` is that of now: kept with each file, it tells under which list the file arrived.
    """

    def __init__(self, settings: Settings, exclusion_version: int) -> None:
        self._exclusion_version = exclusion_version
        self._path = settings.lake_dir / "register" / "arrivals.json"
        try:
            self._seen = json.loads(self._path.read_text())
        except (FileNotFoundError, ValueError):
            self._seen = {}
        self._before = dict(self._seen)

    def get(self, key: str, state: State | None) -> tuple[str, int, int] | None:
        """(sha256, number of lines, version of the exclusion list at its arrival) if the file is as it was."""
        seen = self._seen.get(key)
        return (seen[2], seen[3], seen[4] if len(seen) > 4 else 0) if seen and state == (seen[0], seen[1]) else None

    def put(self, key: str, state: State, sha256: str, line_count: int) -> tuple[str, int, int]:
        """Remember a file read for the first time as it is; what ``get`` will answer."""
        self._seen[key] = [*state, sha256, line_count, self._exclusion_version]
        return sha256, line_count, self._exclusion_version

    def save(self) -> None:
        if self._seen != self._before:
            lake.atomic_write_text(self._path, json.dumps(self._seen))
