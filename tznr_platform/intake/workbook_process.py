"""Read a workbook in a process of its own: ``python workbook_process.py FILE`` writes its sheets to standard output.

Here: what a hostile or damaged workbook can break, since its library takes lengths at their word. Memory and time are
limited, and only this process dies. It imports nothing of the platform, so as to start fast. Not here: the look at
the container beforehand (``containers``), which sheet is the table (``sheets``).

One JSON value a line: for each sheet an object (rank, name, is_hidden, merges), then its rows, lists of text.
"""

from __future__ import annotations

import datetime as dt
import json
import resource
import sys

MEMORY_BYTES, SECONDS = 1 << 30, 120


def cell_text(cell: object) -> str:
    """A cell as a sender would have typed it: no ``.0`` on whole numbers, ISO dates, oui/non."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "oui" if cell else "non"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        return cell.date().isoformat()
    return str(cell)


def main(path: str) -> None:
    """Write the sheets of a workbook; a library error ends the process."""
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    with open(path, "rb") as stream:
        workbook = CalamineWorkbook.from_filelike(stream)
    for rank, about in enumerate(workbook.sheets_metadata, start=1):
        if about.typ != SheetTypeEnum.WorkSheet:
            continue
        sheet = workbook.get_sheet_by_name(about.name)
        _write({"rank": rank, "name": about.name, "is_hidden": about.visible != SheetVisibleEnum.Visible,
                "merges": sheet.merged_cell_ranges or []})
        for row in sheet.iter_rows():
            _write([cell_text(cell) for cell in row])


def _write(value: object) -> None:
    sys.stdout.write(json.dumps(value) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
