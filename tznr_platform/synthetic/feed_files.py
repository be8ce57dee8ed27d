"""The monthly feeds, millions of rows: ``droits_mensuels`` of each body, one COPY a file.

Here: batches of months in memory, the cells of a line, defects among them. Not here: which months are sent
(``feeds``).
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from tznr_platform.storage.lake import quote
from tznr_platform.synthetic import contradictions, defects, feeds, truth, writing
from tznr_platform.synthetic.careers import HOUSEHOLD_ROLES, STATUSES
from tznr_platform.synthetic.senders import DIALECTS
from tznr_platform.synthetic.timeline import month_index, month_label

COLUMNS = [
    "identifiant",
    "prestation",
    "mois_droit",
    "date_extraction",
    "date_demande",
    "date_decision",
    "statut",
    "montant_du",
    "montant_verse",
    "role_foyer",
]
PERSON_MONTHS_AT_ONCE = 500_000  # keeps a batch of the largest body to a few million rows


def write_feeds(con: duckdb.DuckDBPyConnection, body: str, out_dir: Path, persons: int) -> None:
    """Write the ``droits_mensuels`` files of ``body``; counts go to ``written``, defects to ``planted``."""
    periods = con.execute(
        """select period from files
        where tbl = 'droits_mensuels' and sender = ? order by period""",
        [body],
    ).fetchall()
    step = max(1, PERSON_MONTHS_AT_ONCE // persons)
    for start in range(0, len(periods), step):
        months = [month for (month,) in periods[start : start + step]]
        _fill_batch(con, body, months, periods[-1][0])
        for month in months:
            _write_file(con, body, month, out_dir)


def _fill_batch(con: duckdb.DuckDBPyConnection, body: str, months: list[int], last: int) -> None:
    """Compute what ``body`` sends in ``months`` (table ``sent``), the contradictions and the defects among it."""
    con.execute(f"create or replace temp table sent as {feeds.sent_rows_sql(body, months[0], months[-1])}")
    contradictions.plant(con, body, last)
    con.execute(f"create or replace temp table feed_templates as {_templates(body)}")
    con.execute("create or replace temp table feed_defects as " + defects.feed_defects_sql(COLUMNS))
    con.execute(
        "insert into planted select file_id, number, reason, field "
        f"from feed_templates join ({_reasons()}) using (number)"
    )
    con.execute(f"""insert into excluded_rows select file_id, count(*) from sent
        join objections using (person)
        join files on tbl = 'droits_mensuels' and sender = '{body}' and period = e group by 1""")


def _write_file(con: duckdb.DuckDBPyConnection, body: str, month: int, out_dir: Path) -> None:
    dialect = DIALECTS[body]
    file_id, file_name = con.execute(
        "select file_id, file_name from files where tbl = 'droits_mensuels' and sender = ? and period = ?",
        [body, month],
    ).fetchone()
    path = writing.target(out_dir, body, file_name)
    titles = writing.headers(COLUMNS, dialect.header)
    titles[0] = ("\ufeff" if dialect.encoding == "utf-8-sig" else "") + titles[0]
    names = ", ".join(f'{name} as "{title}"' for name, title in zip(COLUMNS, titles, strict=True))
    (count,) = con.execute(f"""copy (
        select {names} from ({_lines(body)} where e = {month} union all by name
            select * exclude (file_id) from feed_defects where file_id = {file_id})
        order by shuffle, benefit_no, m, copy)
        to {quote(path)} (format csv, header true, delimiter '{dialect.separator}')""").fetchone()
    if not count:
        path.unlink()
        return
    con.execute("insert into written values (?, ?)", [file_id, count])
    if dialect.encoding not in ("utf-8", "utf-8-sig"):
        _reencode_title(path, dialect.encoding)


def _reencode_title(path: Path, encoding: str) -> None:
    """Only the title line can hold an accent: write it again in ``encoding`` and copy the rest as it is."""
    fresh = path.with_suffix(".new")
    with path.open("rb") as old, fresh.open("wb") as new:
        new.write(old.readline().decode("utf-8").encode(encoding))
        while chunk := old.read(1 << 22):
            new.write(chunk)
    fresh.replace(path)


def _lines(body: str) -> str:
    """SQL of the cells of ``sent``, all text, with the columns that order the file."""

    def amount(name: str) -> str:
        text = f"({name} / 100.0)::decimal(9, 2)::varchar"
        local = f"replace({text}, '.', ',')" if DIALECTS[body].decimal_comma else text
        return f"coalesce({local}, '')"

    first = month_index("2018-01")
    months = [month_label(first + i) for i in range(120)]
    benefits = {benefit.number: benefit.code for benefit in truth.BENEFITS}
    codes = [benefits.get(number, "") for number in range(1, max(benefits) + 1)]
    return f"""
        select person, e, shuffle, benefit_no, m, 0 as copy, identifiant, {codes}[benefit_no] as prestation,
            {months}[m - {first - 1}] as mois_droit, {months}[e - {first - 1}] || '-{feeds.EXTRACTION_DAY}'
                as date_extraction,
            coalesce(request_date::varchar, '') as date_demande, coalesce(decision_date::varchar, '')
                as date_decision,
            {list(STATUSES)}[status] as statut, {amount("due")} as montant_du, {amount("paid")}
                as montant_verse,
            {list(HOUSEHOLD_ROLES)}[household_role] as role_foyer
        from sent join identities using (person)"""


def _templates(body: str) -> str:
    """SQL of a few rows of each file, one a person, numbered: each number gets the defect of that number."""
    return f"""
        select f.file_id, l.* exclude (person, e), t.number from (
            select *, row_number() over (partition by e order by u(person::bigint * 65536 + e, 'spoiled'),
                person) - 1 as number
            from (select person, e, min(benefit_no) as benefit_no from sent
                  where person not in (select person from objections) group by person, e)
            qualify number < {len(defects.FEED_DEFECTS)}) t
        join files f on f.tbl = 'droits_mensuels' and f.sender = '{body}' and f.period = t.e
        join ({_lines(body)}) l using (person, e, benefit_no)
        qualify row_number() over (partition by l.person, l.e order by l.m desc) = 1"""


def _reasons() -> str:
    rows = ", ".join(
        f"({i}, '{reason}', '{name}')" for i, (reason, name, _) in enumerate(defects.FEED_DEFECTS)
    )
    return f"select * from (values {rows}) r(number, reason, field)"
