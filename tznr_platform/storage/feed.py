"""What the monthly feed brought since the last build, and whether it is only news.

Here: ``intake.feed_read`` (the deliveries that the merged models hold), ``intake.feed_news`` (those they still have to
read). Not here: which models merge (``refresh``), how they do it (their SQL).

A feed only gained news when every delivery read before is still in force, with the same file and the same rank among
the deliveries of the table, and when nobody left or came back: a new person has a number above all those known then.
Anything else, and the models read the whole feed again.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import duckdb

from tznr_platform.storage import lake

TABLE = "droits_mensuels"
EMPTY = {"feed_read": "delivery_id integer, delivery_rank bigint, stamp varchar", "feed_persons": "person_id integer",
         "feed_last_number": "greatest_number integer"}


def note_news(con: duckdb.DuckDBPyConnection, files: Collection[Path], persons: str) -> None:
    """(Re)create ``intake.feed_now`` (deliveries in force, from their files), ``intake.feed_news`` (not read yet).

    ``persons``: SQL of every person ever declared. The rank is that of ``stg_deliveries``.
    """
    stamps = {lake.delivery_of(path): lake.stamp(path) for path in files if path.stem != "_schema"}
    for name, columns in EMPTY.items():
        con.execute(f"create table if not exists intake.{name} ({columns})")
    con.execute(f"""
        create or replace table intake.feed_now as
        select delivery_id, delivery_rank, stamp
        from (select delivery_id, row_number() over (order by period_month, version, delivery_id) as delivery_rank
            from intake.deliveries where table_name = '{TABLE}')
        join (select unnest($1::integer[]) as delivery_id, unnest($2::varchar[]) as stamp) using (delivery_id)""",
                [list(stamps), list(stamps.values())])
    con.execute("create or replace table intake.feed_news as from intake.feed_now except from intake.feed_read")
    con.execute("create or replace table intake.last_number as "
                f"select max(person_id) as greatest_number from ({persons})")


def only_gained(con: duckdb.DuckDBPyConnection) -> bool:
    """True when all that was read is there, unchanged, and nobody left or came back."""
    return con.execute("""
        select exists (from intake.feed_read) and exists (from intake.feed_last_number)
            and not exists (from intake.feed_read except from intake.feed_now)
            and not exists (from intake.feed_persons except from intake.present_persons)
            and not exists (select person_id from intake.present_persons where person_id <=
                (select greatest_number from intake.feed_last_number) except from intake.feed_persons)""").fetchone()[0]


def note_read(con: duckdb.DuckDBPyConnection) -> None:
    """The merged models hold the feed as it is now."""
    for name, source in zip(EMPTY, ("feed_now", "present_persons", "last_number"), strict=True):
        con.execute(f"create or replace table intake.{name} as from intake.{source}")
    con.execute("delete from intake.feed_news")
