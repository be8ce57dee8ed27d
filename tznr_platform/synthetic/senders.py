"""How each sender writes and when it sends: the list of files of the inbox.

Here: dialects, silent / partial / late / revising senders, the table ``files``. Not here: what is in the
files. Everybody here is fictitious in behaviour: no real territory writes or is late in the way shown.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from tznr_platform.synthetic.timeline import month_index, month_label, period_label, periods
from tznr_platform.synthetic.truth import BODIES

FIRST_WAVE, FIRST_WAVE_START, SECOND_WAVE_START = range(1, 12), month_index("2023-10"), month_index("2024-01")
FIRST_FEED = month_index("2024-01")
TERRITORIES = range(1, 40)
MONOGRAPHS = (2, 12, 25)

TERRITORY_TABLES = {
    "personnes": "quarterly",
    "rencontres": "quarterly",
    "droits": "quarterly",
    "reponses": "half_yearly",
    "participation": "half_yearly",
    "evenements_cout": "half_yearly",
    "entretiens": "half_yearly",
    "professionnels": "yearly",
    "postes": "yearly",
    "organisations": "yearly",
    "liens": "yearly",
    "depenses": "yearly",
}
BODY_TABLES = ("retours", "droits_mensuels", "agregats")


@dataclass(frozen=True)
class Dialect:
    """The hand of one sender."""

    separator: str = ";"
    extension: str = "csv"
    encoding: str = "utf-8"
    line_end: str = "\r\n"
    french_dates: bool = False
    decimal_comma: bool = True
    yes_no: str = "oui/non"
    header: str = "plain"  # plain | accents | upper
    extra_column: bool = False


PLAIN = Dialect()
UNIX = Dialect(line_end="\n", decimal_comma=False)
DIALECTS = {
    "TZNR-03": Dialect(encoding="cp1252", french_dates=True, header="accents"),
    "TZNR-06": Dialect(extra_column=True),
    "TZNR-07": Dialect(encoding="utf-8-sig"),
    "TZNR-10": Dialect(extension="xlsx"),
    "TZNR-12": Dialect(separator="\t", french_dates=True),
    "TZNR-13": Dialect(header="upper"),
    "TZNR-14": Dialect(extension="ods"),
    "TZNR-15": Dialect(extension="xlsx"),
    "TZNR-16": Dialect(separator=",", decimal_comma=False, yes_no="true/false"),
    "TZNR-19": Dialect(french_dates=True, yes_no="1/0"),
    "TZNR-21": UNIX,
    "TZNR-23": Dialect(encoding="cp1252", header="accents", yes_no="vrai/faux"),
    "TZNR-25": Dialect(encoding="utf-8-sig", french_dates=True, header="accents"),
    "TZNR-27": Dialect(extra_column=True, encoding="latin-1"),
    "TZNR-30": Dialect(extension="txt", separator="\t"),
    "TZNR-35": Dialect(extension="ods", french_dates=True),
    "CNAF": UNIX,
    "MSA": Dialect(encoding="cp1252", header="accents"),
    "CNAM": Dialect(extension="txt", separator="\t", line_end="\n", decimal_comma=False),
    "CNAV": Dialect(separator=",", line_end="\n", decimal_comma=False),
    "FRANCE_TRAVAIL": Dialect(encoding="utf-8-sig", line_end="\n"),
}

SILENT = (31, 36, 38)  # send nothing at all
NEVER_SENT = {
    9: ("rencontres",),
    20: ("reponses", "organisations", "liens"),
    28: ("droits", "professionnels", "liens"),
    32: ("depenses", "evenements_cout", "participation"),
}
LATE_PERIODS = {4: 1, 10: 1, 23: 1, 34: 2, 37: 1}  # quarterly, half-yearly and yearly files not there yet
LATE_MONTHS = {"MSA": 1}
REVISED = {1: 3, 5: 2, 11: 4, 16: 3, 24: 5, 29: 4}  # every n-th quarter comes back as _v2
REVISED_TABLES = ("personnes", "rencontres", "droits")


@dataclass(frozen=True)
class File:
    """One file a sender means to send; ``is_draft`` when a later version replaces it."""

    sender: str
    table: str
    cadence: str
    period: int
    version: int
    is_draft: bool

    @property
    def name(self) -> str:
        suffix = f"_v{self.version}" if self.version > 1 else ""
        extension = DIALECTS.get(self.sender, PLAIN).extension
        return f"{self.sender}_{self.table}_{period_label(self.cadence, self.period)}{suffix}.{extension}"


def territory_code(number: int) -> str:
    return f"TZNR-{number:02d}"


def planned_files(through: int) -> list[File]:
    """Every regular file sent up to the month ``through``, by sender, table, period and version."""
    found = [
        file for number in TERRITORIES if number not in SILENT for file in _territory_files(number, through)
    ]
    for body in BODIES:
        last = through - LATE_MONTHS.get(body, 0)
        found += [
            File(body, table, "monthly", month, 1, False)
            for table in BODY_TABLES
            for month in range(FIRST_FEED, last + 1)
        ]
    return [*found, File("EVAL", "couts_unitaires", "yearly", through // 12, 1, False)]


def _territory_files(number: int, through: int) -> list[File]:
    start = FIRST_WAVE_START if number in FIRST_WAVE else SECOND_WAVE_START
    found = []
    for table, cadence in TERRITORY_TABLES.items():
        if table in NEVER_SENT.get(number, ()) or (table == "entretiens" and number not in MONOGRAPHS):
            continue
        due = periods(cadence, start, through)
        for period in due[: max(len(due) - LATE_PERIODS.get(number, 0), 0)]:
            revised = table in REVISED_TABLES and number in REVISED and (period + 1) % REVISED[number] == 0
            found += [
                File(territory_code(number), table, cadence, period, version, revised and version == 1)
                for version in ((1, 2) if revised else (1,))
            ]
    return found


def write_files_table(con: duckdb.DuckDBPyConnection, through: int) -> None:
    """Create ``files``: one row a file, with its dialect; ``period`` is the index in its own cadence."""
    con.execute("""create table files (file_id integer, file_name varchar, sender varchar, territory integer,
        tbl varchar, cadence varchar, period integer, period_label varchar, month_label varchar,
            version integer,
        is_draft boolean, separator varchar, line_end varchar, french_dates boolean, decimal_comma boolean,
        yes varchar, "no" varchar, extra_column boolean, extension varchar, encoding varchar,
            header varchar)""")
    rows = []
    for file_id, file in enumerate(planned_files(through)):
        d = DIALECTS.get(file.sender, PLAIN)
        yes, no = d.yes_no.split("/")
        territory = int(file.sender[5:]) if file.sender.startswith("TZNR-") else None
        month = month_label(file.period) if file.cadence == "monthly" else None
        rows.append(
            (
                file_id,
                file.name,
                file.sender,
                territory,
                file.table,
                file.cadence,
                file.period,
                period_label(file.cadence, file.period),
                month,
                file.version,
                file.is_draft,
                d.separator,
                d.line_end,
                d.french_dates,
                d.decimal_comma,
                yes,
                no,
                d.extra_column,
                d.extension,
                d.encoding,
                d.header,
            )
        )
    insert_rows(con, "files", rows)


def insert_rows(con: duckdb.DuckDBPyConnection, table: str, rows: list[tuple]) -> None:
    """Append small Python rows to a table of the same columns, in one statement."""
    if rows:
        import pyarrow as pa

        names = [row[0] for row in con.execute(f"describe {table}").fetchall()]
        block = pa.table({name: [row[i] for row in rows] for i, name in enumerate(names)})
        con.register("block", block)
        con.execute(f"insert into {table} select * from block")
        con.unregister("block")
