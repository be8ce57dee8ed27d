"""Look at the inbox: what is new, who sent it, which version it is. Nothing is read beyond names and bytes.

Here: the walk, the sha256, the file-level refusals that need no look inside, duplicates and versions. Not
here: the content (``ingest``). The same bytes for the same sender, table and period are a duplicate;
other bytes are the version written in the name, or the next one; a version older than the one in force is
refused (VERSION_OLDER).

Bytes sent again after the exclusion list changed are judged again, in the same version: whoever objected since stays
out, whoever withdrew an objection comes back (methods 8.2). A file that merely lies there is not read again.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
import unicodedata
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from tznr_platform import contracts
from tznr_platform.errors import UserError
from tznr_platform.intake import shape
from tznr_platform.intake.arrivals import Arrival, FileRefusedError, Scan
from tznr_platform.intake.names import NameReader
from tznr_platform.intake.normalise import open_sheet
from tznr_platform.intake.register import Register, SeenFiles, State
from tznr_platform.settings import Settings

TEXT_SUFFIXES, SHEET_SUFFIXES = {".csv", ".txt"}, {".xlsx", ".ods"}
BEING_WRITTEN_SUFFIXES = {".part", ".partial", ".tmp", ".crdownload", ".filepart", ".swp"}
BEING_WRITTEN_PREFIXES = ("~$", ".~lock.")
IGNORED_NAMES = {"Thumbs.db", "desktop.ini"}
YOUNG_SECONDS, SECOND_LOOK_SECONDS = 3.0, 0.3
CHUNK_BYTES = 1 << 20


class Landed(NamedTuple):
    """What is in place of one version of a delivery."""

    sha256: str
    name: str
    exclusion_version: int | None


def scan_inbox(settings: Settings, register: Register) -> Scan:
    """All that is new in the inbox, in the order to ingest; ``UserError`` INPUT if it is missing or empty."""
    seen, answered = SeenFiles(settings, register.exclusion_version), register.answered()
    states = {path: _state(path) for path in inbox_paths(settings.inbox_dir)}

    def is_answered(name: str, sha256: str, arrived_under: int) -> bool:
        file = (name, sha256)
        return file in answered and not _is_outdated(answered[file], arrived_under)

    def is_known(path: Path) -> bool:
        known = seen.get(path, states[path])
        return known is not None and is_answered(_name_of(path, settings), known[0], known[2])

    unknown = [path for path in states if not is_known(path)]
    moving = _still_changing({path: states[path] for path in unknown})
    names = NameReader()
    with ThreadPoolExecutor(settings.threads) as pool:
        arrivals = pool.map(lambda path: _look(path, settings, names, seen, path in moving), unknown)
        fresh = [arrival for arrival in arrivals
                 if not is_answered(arrival.name, arrival.sha256, arrival.exclusion_version)]
    seen.save()
    return Scan(tuple(_numbered(_in_order(fresh), register)), len(states) - len(fresh))


def inbox_paths(inbox: Path) -> list[Path]:
    """What lies in the inbox and its folders; ``UserError`` INPUT when it is missing or empty."""
    if not inbox.is_dir():
        raise UserError("La boîte de réception est introuvable.", where=str(inbox),
                        why="elle n'existe pas, ou ce n'est pas un dossier",
                        remedy="vérifier le chemin donné, ou préparer des données d'essai")
    paths = list(_walk(inbox))
    if not paths:
        raise UserError("La boîte de réception est vide.", where=str(inbox),
                        why="elle ne contient aucun fichier",
                        remedy="y déposer les fichiers des émetteurs, puis relancer")
    return paths


def _walk(folder: Path) -> Iterator[Path]:
    """Files, and folders that bear the name of a file; hidden files of the system are passed over."""
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        path = Path(entry.path)
        hidden = entry.name.startswith(".") and not entry.name.startswith(BEING_WRITTEN_PREFIXES)
        if hidden or entry.name in IGNORED_NAMES:
            continue
        if entry.is_dir() and path.suffix.lower() not in TEXT_SUFFIXES | SHEET_SUFFIXES:
            yield from _walk(path)
        else:
            yield path


def _still_changing(states: dict[Path, State | None]) -> set[Path]:
    """Among the files changed a moment ago, those that change while we look."""
    now = time.time()
    young = {path: state for path, state in states.items() if state and now - state[1] / 1e9 < YOUNG_SECONDS}
    if not young:
        return set()
    time.sleep(SECOND_LOOK_SECONDS)
    return {path for path, state in young.items() if _state(path) != state}


def _state(path: Path) -> State | None:
    """Size and date of last change of a file; None when it cannot be reached."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


def _name_of(path: Path, settings: Settings) -> str:
    return shown_name(str(path)[len(str(settings.inbox_dir)) + 1:])


def _look(path: Path, settings: Settings, names: NameReader, seen: SeenFiles, is_moving: bool) -> Arrival:
    name = names.read(path.relative_to(settings.inbox_dir), settings.today.year)
    arrival = Arrival(path, _name_of(path, settings), name.sender, name.table, name.period,
                      name.version, sha256="", size=0, line_count=0, status="pending")
    try:
        _refuse_from_outside(path, is_moving)
        arrival = _measured(arrival, seen)
        return _identified(arrival, settings)
    except FileRefusedError as refusal:
        status = "waiting" if refusal.reason == "FILE_BEING_WRITTEN" else "refused"
        return replace(arrival, status=status, reason=refusal.reason, detail=refusal.detail)


def _refuse_from_outside(path: Path, is_moving: bool) -> None:
    suffix = path.suffix.lower()
    if is_moving or suffix in BEING_WRITTEN_SUFFIXES or path.name.startswith(BEING_WRITTEN_PREFIXES):
        raise FileRefusedError("FILE_BEING_WRITTEN")
    if not path.exists():
        raise FileRefusedError("FILE_UNREADABLE")
    if not stat.S_ISREG(path.stat().st_mode):
        raise FileRefusedError("NOT_A_FILE")


def _measured(arrival: Arrival, seen: SeenFiles) -> Arrival:
    state = _state(arrival.path)
    if state is None:
        raise FileRefusedError("FILE_UNREADABLE")
    if not state[0]:
        raise FileRefusedError("FILE_EMPTY")
    known = seen.get(arrival.path, state)
    try:
        read = known or _read(arrival.path)
    except OSError:
        raise FileRefusedError("FILE_UNREADABLE") from None
    if _state(arrival.path) != state:
        raise FileRefusedError("FILE_BEING_WRITTEN")
    sha256, line_count, arrived_under = known or seen.put(arrival.path, state, *read)
    return replace(arrival, size=state[0], sha256=sha256, line_count=line_count, exclusion_version=arrived_under)


def _read(path: Path) -> tuple[str, int]:
    """sha256 of the bytes, and the number of lines, empty ones at the end not counted."""
    digest, lines, tail = hashlib.sha256(), 0, b""
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            digest.update(chunk)
            lines += chunk.count(b"\n")
            tail = (tail + chunk)[-4096:]
    stripped = tail.rstrip(b"\r\n")
    return digest.hexdigest(), lines - tail[len(stripped):].count(b"\n") + 1


def _identified(arrival: Arrival, settings: Settings) -> Arrival:
    """The arrival with its table, or the refusal of what its name leaves unknown."""
    if arrival.path.suffix.lower() not in TEXT_SUFFIXES | SHEET_SUFFIXES:
        raise FileRefusedError("FORMAT_UNSUPPORTED")
    if arrival.size > settings.max_file_mb << 20:
        raise FileRefusedError("FILE_TOO_LARGE")
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
    with arrival.path.open("rb") as stream:
        is_sheet = shape.is_spreadsheet(stream.read(8))
    found = (open_sheet(arrival.path, names, settings.max_file_mb << 20)[1] if is_sheet
             else shape.shape_of_text(arrival.path, names))
    table = shape.table_of_headers(found.headers)
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


def shown_name(name: str) -> str:
    """A file name that can be written anywhere: no control or direction character, 200 characters at most."""
    if name.isprintable():
        return name[-200:]
    return "".join("�" if unicodedata.category(char)[0] == "C" else char for char in name)[-200:]
