"""The rival, first part: which files there are and what their header line shows. Not here: their rows."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tznr_platform import contracts
from tznr_platform.intake.names import NameReader
from tznr_platform.privacy.screen import fold, nominative_headers

HEAD_BYTES = 64 << 10
DELIMITERS = ";,\t|"


@dataclass
class File:
    """A delivery; ``reason`` is set when the file is refused whole."""

    path: Path
    sender: str | None
    table: str | None
    period: str | None
    version: int | None
    size: int
    delivery_id: int = 0
    source: Path = Path()
    encoding: str = "utf-8"
    delimiter: str = ";"
    columns: tuple[str | None, ...] = ()
    reason: str | None = None

    @property
    def dialect(self) -> tuple:
        return self.encoding, self.delimiter, self.columns


def look(inbox: Path, sheets: Path) -> list[File]:
    """Every file in the order of deliveries, numbered; spreadsheets are copied as CSV into ``sheets``."""
    names, files = NameReader(), []
    for path in sorted(_walk(inbox)):
        name = names.read(path.relative_to(inbox), 0)
        files.append(File(path, name.sender, name.table, name.period, name.version, path.stat().st_size))
    rank = {table: number for number, table in enumerate(contracts.contracts())}
    files.sort(key=lambda file: (rank.get(file.table, 99), file.period or "", file.sender or "",
                                 file.version or 0, file.path.relative_to(inbox).as_posix()))
    sheets.mkdir(parents=True)
    first: dict[tuple, list[File]] = {}
    for number, file in enumerate(files, start=1):
        file.delivery_id = number
        same = first.setdefault((file.sender, file.table, file.period), [])
        file.reason = _refusal(file, sheets) or _repeats(file, same)
        same.append(file)
    return files


def _walk(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.is_dir() and not path.suffix:
            yield from _walk(path)
        else:
            yield path


def _refusal(file: File, sheets: Path) -> str | None:
    """Why the file is refused whole, None if it is not; fills its dialect on the way."""
    known = contracts.contracts().get(file.table)
    checks = [("NOT_A_FILE", file.path.is_dir()), ("FILE_EMPTY", not file.size),
              ("FORMAT_UNSUPPORTED", file.path.suffix.lower() not in (".csv", ".txt", ".xlsx", ".ods")),
              ("SENDER_UNKNOWN", file.sender is None), ("PERIOD_UNKNOWN", file.period is None),
              ("TABLE_UNKNOWN", known is None),
              ("SENDER_NOT_ALLOWED", known is not None and file.sender not in known.senders)]
    return next((reason for reason, applies in checks if applies), None) or _inner_refusal(file, known, sheets)


def _inner_refusal(file: File, known: contracts.Contract, sheets: Path) -> str | None:
    try:
        titles, has_rows = _sheet(file, sheets) if file.path.suffix in (".xlsx", ".ods") else _text(file)
    except Exception:
        return "FILE_UNREADABLE"
    fields = {fold(field.name): field.name for field in known.fields}
    file.columns = tuple(fields.get(fold(title)) for title in titles)
    missing = [field for field in known.fields if field.required and field.name not in file.columns]
    checks = [("SEPARATOR_UNKNOWN", len(titles) == 1),
              ("NOMINATIVE_COLUMN", nominative_headers(title for title in titles if fold(title) not in fields)),
              ("COLUMN_MISSING", missing), ("NO_ROWS", not has_rows)]
    return next((reason for reason, applies in checks if applies), None)


def _text(file: File) -> tuple[list[str], bool]:
    with file.path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    try:
        text = head[:-4].decode("utf-8-sig") + "\n" if len(head) == HEAD_BYTES else head.decode("utf-8-sig")
    except UnicodeDecodeError:
        file.encoding, text = "latin-1", head.decode("latin-1")
    header, _, rest = text.partition("\n")
    file.source, file.delimiter = file.path, max(DELIMITERS, key=header.count)
    return header.strip().split(file.delimiter), bool(rest.strip())


def _sheet(file: File, sheets: Path) -> tuple[list[str], bool]:
    from python_calamine import CalamineWorkbook

    rows = CalamineWorkbook.from_path(file.path).get_sheet_by_index(0).to_python()
    file.source = sheets / f"{file.delivery_id}.csv"
    with file.source.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, delimiter=";", lineterminator="\n").writerows([map(_cell, row) for row in rows])
    return [str(title) for title in rows[0]], len(rows) > 1


def _cell(cell: object) -> str:
    if isinstance(cell, bool):
        return "oui" if cell else "non"
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _repeats(file: File, same: list[File]) -> str | None:
    is_repeated = any(other.size == file.size and other.reason is None
                      and other.path.read_bytes() == file.path.read_bytes() for other in same)
    return "DUPLICATE_DELIVERY" if is_repeated else None
