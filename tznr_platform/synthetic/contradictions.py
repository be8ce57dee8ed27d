"""Planted contradictions: facts of the feeds that cannot all be true, in rows that break no rule of the door.

Here: which rows of ``droits_mensuels`` contradict themselves, and the log of what was planted. Not here: rows that must
be refused (``defects``), persons that several territories declare (``population``). The truth is left untouched:
another extraction tells each of these months soundly, except the amounts that one gives in cents, which are lost.
"""

from __future__ import annotations

import duckdb

from tznr_platform.synthetic.careers import (
    DROPPED,
    ENDED,
    EXAMINED,
    FILED,
    MOOT,
    PAYABLE,
    REFUSED,
    UNPAID,
)

CONTRADICTORY_BODIES = ("CNAF", "MSA")
CENTS_BODY = "FRANCE_TRAVAIL"
SHARE, WITHOUT_RIGHT_SHARE = 0.05, 0.30  # of the open, of the other rows, in the extractions that end a quarter
WITHOUT_RIGHT = (FILED, EXAMINED, REFUSED, DROPPED, ENDED, MOOT)
YEARS_BACK = 5
WRONG_PAYMENT = 12_345  # cents


def extractions(last: int) -> list[int]:
    """Months of the extractions that carry contradictions: each end of a quarter, told again before ``last``."""
    return [e for e in range(last - 24, last - 1) if e % 3 == 2]


def cents_extraction(body: str, last: int) -> int:
    """The extraction of ``body`` whose amounts are in cents; -1 when there is none."""
    return max(extractions(last)) if body == CENTS_BODY else -1


def create_log(con: duckdb.DuckDBPyConnection) -> None:
    """The table where every planted contradiction is counted as it is planted."""
    con.execute("create table contradictions (body varchar, reason varchar, e integer, row_count bigint)")


def plant(con: duckdb.DuckDBPyConnection, body: str, last: int) -> None:
    """Change rows of ``sent`` (what ``body`` sends in a batch of extractions) and log them; objectors are spared."""
    if body in CONTRADICTORY_BODIES:
        con.execute(f"create or replace temp table contradictory as {_contradictory(last)}")
        con.execute("""update sent set request_date = month_start(sent.m + 1) + 9, decision_date = null
            from contradictory c where reason = 'OPENING_BEFORE_REQUEST' and (c.person, c.benefit_no, c.m, c.e)
                = (sent.person, sent.benefit_no, sent.m, sent.e)""")
        con.execute(f"""update sent set paid = {WRONG_PAYMENT}
            from contradictory c where reason = 'PAYMENT_WITHOUT_RIGHT' and (c.person, c.benefit_no, c.m, c.e)
                = (sent.person, sent.benefit_no, sent.m, sent.e)""")
        con.execute(f"""insert into sent by name
            select s.* replace (s.m - {12 * YEARS_BACK} as m, null as request_date, null as decision_date)
            from sent s semi join (from contradictory where reason = 'HISTORY_TOO_LONG') c
                on (c.person, c.benefit_no, c.m, c.e) = (s.person, s.benefit_no, s.m, s.e)""")
        con.execute(f"insert into contradictions select '{body}', reason, e, count(*) from contradictory group by all")
    cents = cents_extraction(body, last)
    con.execute(f"update sent set due = due * 100, paid = paid * 100 where e = {cents}")
    con.execute(f"""insert into contradictions select '{body}', 'AMOUNTS_OUT_OF_SCALE', e, count(*) from sent
        where e = {cents} and coalesce(nullif(paid, 0), due) > 0
            and person not in (select person from objections) group by all""")


def _contradictory(last: int) -> str:
    """SQL of the rows to spoil, each for one reason: months told by the extraction after theirs, and by later ones."""
    return f"""
    with candidate as (
        select person, benefit_no, m, e, status, u((person::bigint * 16 + benefit_no) * 4096 + e % 4096, 'contradicts')
            as draw
        from sent
        where e in (select unnest({extractions(last)})) and m = e - 1
            and person not in (select person from objections))
    select person, benefit_no, m, e, case
        when status in {WITHOUT_RIGHT} then 'PAYMENT_WITHOUT_RIGHT'
        when draw < {SHARE / 2} then 'HISTORY_TOO_LONG' else 'OPENING_BEFORE_REQUEST' end as reason
    from candidate
    where status in {WITHOUT_RIGHT} and draw < {WITHOUT_RIGHT_SHARE}
        or status in {(PAYABLE, UNPAID)} and draw < {SHARE}"""
