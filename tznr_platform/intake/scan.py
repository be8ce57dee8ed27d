"""Look at the inbox: what is new, who sent it, which version it is. Nothing is read beyond names and bytes.

Here: the sha256, who sent what, duplicates and versions. Not here: the walk (``inbox``), the content (``ingest``).
The same bytes for the same sender, table and period are a duplicate; other bytes are the version written in the
name, or the next one; a version older than the one in force is refused (VERSION_OLDER).

Bytes sent again after the exclusion list changed are judged again, in the same version: whoever objected since stays
out, whoever withdrew an objection comes back (methods 8.2). A file that merely lies there is not read again.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from tznr_platform import contracts
from tznr_platform.intake import containers
from tznr_platform.intake.arrivals import Arrival, FileRefusedError, Scan
from tznr_platform.intake.columns import table_of_headers
from tznr_platform.intake.file_names import memory_key, shown_names
from tznr_platform.intake.inbox import (
    Piece,
    inbox_paths,
    pieces_of,
    refuse_from_outside,
    state_of,
    still_changing,
)
from tznr_platform.intake.names import Name, NameReader
from tznr_platform.intake.prepare import unpacked
from tznr_platform.intake.reading import read_table
from tznr_platform.intake.register import COPIES_PREFIX, Register, SeenFiles
from tznr_platform.settings import Settings
from tznr_platform.storage import lake


class Landed(NamedTuple):
    """What is in place of one version of a delivery."""

    sha256: str
    name: str
    exclusion_version: int | None


class Named(NamedTuple):
    """What the name of a piece says, how it is written in receipts and registers, and what its place is known by."""

    said: Name
    shown: str
    key: str


def scan_inbox(settings: Settings, register: Register) -> Scan:
    """All that is new in the inbox, in the order to ingest; ``UserError`` INPUT if it is missing or empty."""
    seen, answered = SeenFiles(settings, register.exclusion_version), register.answered()
    states = {path: state_of(path) for path in inbox_paths(settings.inbox_dir)}
    pieces = [piece for path in states for piece in pieces_of(path)]
    names = _names(pieces, settings, register)

    def is_answered(name: str, sha256: str, arrived_under: int) -> bool:
        file = (name, sha256)
        return file in answered and not _is_outdated(answered[file], arrived_under)

    def is_known(piece: Piece) -> bool:
        known = seen.get(names[piece].key, states[piece.path])
        return known is not None and is_answered(names[piece].shown, known[0], known[2])

    unknown = [piece for piece in pieces if not is_known(piece)]
    moving = still_changing({piece.path: states[piece.path] for piece in unknown})
    with ThreadPoolExecutor(settings.threads) as pool:
        arrivals = pool.map(lambda piece: _look(piece, names[piece], settings, seen, piece.path in moving), unknown)
        fresh = [arrival for arrival in arrivals
                 if not is_answered(arrival.name, arrival.sha256, arrival.exclusion_version)]
    seen.save()
    return Scan(tuple(_numbered(_in_order(fresh), register)), len(pieces) - len(fresh))


def _names(pieces: list[Piece], settings: Settings, register: Register) -> dict[Piece, Named]:
    """What the name of each piece says, and how it is shown."""
    reader = NameReader()
    places = {piece: piece.place.relative_to(settings.inbox_dir) for piece in pieces}
    said = {piece: reader.read(piece.table_name.relative_to(settings.inbox_dir), settings.today.year)
            for piece in pieces}
    plain = {places[piece] for piece, name in said.items() if reader.is_plain(places[piece], name)}
    shown = shown_names(register.con, places.values(), plain)
    return {piece: Named(said[piece], shown[place], memory_key(piece.place, shown[place]))
            for piece, place in places.items()}


def _look(piece: Piece, named: Named, settings: Settings, seen: SeenFiles, is_moving: bool) -> Arrival:
    name = named.said
    arrival = Arrival(piece.path, named.shown, name.sender, name.table, name.period,
                      name.version, sha256="", size=0, line_count=0, status="pending", member=piece.member)
    try:
        refuse_from_outside(piece, settings.max_file_mb << 20, is_moving=is_moving)
        arrival = _measured(arrival, piece, named.key, seen)
        return _identified(arrival, settings)
    except FileRefusedError as refusal:
        status = "waiting" if refusal.reason == "FILE_BEING_WRITTEN" else "refused"
        return replace(arrival, status=status, reason=refusal.reason, detail=refusal.detail)


def _measured(arrival: Arrival, piece: Piece, key: str, seen: SeenFiles) -> Arrival:
    state = state_of(piece.path)
    known = state and seen.get(key, state)
    try:
        sha256, lines, size = (*known[:2], containers.size(*piece)) if known else _measure(piece)
    except OSError:
        raise FileRefusedError("FILE_UNREADABLE") from None
    if state is None or state_of(piece.path) != state:
        raise FileRefusedError("FILE_BEING_WRITTEN")
    if not size:
        raise FileRefusedError("FILE_EMPTY")
    sha256, line_count, arrived_under = known or seen.put(key, state, sha256, lines)
    return replace(arrival, size=size, sha256=sha256, line_count=line_count, exclusion_version=arrived_under)


def _measure(piece: Piece) -> tuple[str, int, int]:
    if piece.member is None:
        with piece.path.open("rb") as stream:
            return containers.measure(stream)
    with containers.opened(*piece) as stream:
        return containers.measure(stream)


def _identified(arrival: Arrival, settings: Settings) -> Arrival:
    """The arrival with its table, or the refusal of what its name leaves unknown."""
    if arrival.sender is None:
        raise FileRefusedError("SENDER_UNKNOWN")
    if arrival.period is None:
        raise FileRefusedError("PERIOD_UNKNOWN")
    if arrival.table is None:
        arrival = replace(arrival, table=_table_inside(arrival, settings))
    if arrival.sender not in contracts.contract(arrival.table).senders:
        raise FileRefusedError("SENDER_NOT_ALLOWED")
    return arrival


def _table_inside(arrival: Arrival, settings: Settings) -> str:
    """The table told by the columns when the name does not tell it."""
    names = {field.name for contract in contracts.contracts().values() for field in contract.fields}
    spill, limit = settings.spill_dir, settings.max_file_mb << 20
    with lake.storage_errors(spill), tempfile.TemporaryDirectory(dir=spill, prefix=COPIES_PREFIX) as folder:
        path = unpacked(arrival, Path(folder) / "table", limit)
        table = table_of_headers(read_table(path, names, max_bytes=limit).headers)
    if table is None:
        raise FileRefusedError("TABLE_UNKNOWN")
    return table


def _in_order(arrivals: list[Arrival]) -> list[Arrival]:
    rank = {name: number for number, name in enumerate(contracts.contracts())}
    return sorted(arrivals, key=lambda arrival: (rank.get(arrival.table, len(rank)), arrival.period or "",
                                                 arrival.sender or "", arrival.version or 0, arrival.name))


def _numbered(arrivals: list[Arrival], register: Register) -> Iterator[Arrival]:
    """Give each pending arrival its version, or see that it is a duplicate or comes too late."""
    taken: dict[tuple, dict[int, Landed]] = {}
    for delivery in register.landed():
        key = (delivery.sender_code, delivery.table_name, delivery.period)
        taken.setdefault(key, {})[delivery.version] = Landed(delivery.sha256, delivery.file_name,
                                                             delivery.exclusion_version)
    for arrival in arrivals:
        if arrival.status != "pending":
            yield arrival
            continue
        versions = taken.setdefault((arrival.sender, arrival.table, arrival.period), {})
        yield _versioned(arrival, versions, register.exclusion_version)


def _versioned(arrival: Arrival, versions: dict[int, Landed], exclusion_version: int) -> Arrival:
    latest = max(versions, default=0)
    new = Landed(arrival.sha256, arrival.name, exclusion_version)
    for version, landed in versions.items():
        if landed.sha256 != arrival.sha256:
            continue
        if version == latest and _is_outdated(landed.exclusion_version, arrival.exclusion_version):
            versions[version] = new
            return replace(arrival, version=version, is_again=True)
        return replace(arrival, status="duplicate", reason="DUPLICATE_DELIVERY", version=version,
                       detail=f"déjà reçu sous le nom « {landed.name} »")
    version = arrival.version
    if version is None or version == latest:
        version = latest + 1
    if version < latest:
        return replace(arrival, status="refused", reason="VERSION_OLDER", detail=f"version {latest} en place")
    versions[version] = new
    return replace(arrival, version=version, supersedes=latest > 0)


def _is_outdated(judged_under: int | None, arrived_under: int) -> bool:
    """The exclusion list changed between a judgement and an arrival; None: no row was judged under a list."""
    return judged_under is not None and judged_under < arrived_under
