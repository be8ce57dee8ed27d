"""How a file is called in receipts and registers: as its sender calls it, unless that name is itself telling.

Here: names that can be written anywhere, and the mask of those that name a person. Not here: what a name says of the
delivery (``names``).
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable
from pathlib import PurePath

import duckdb

from tznr_platform.privacy.screen_values import LONE, kinds_sql

MASKED = "[nom masqué]"
CELLS = ("select name, name as cell from names union all "
         "select name, regexp_replace(name, '[_./\\-]+', ' ', 'g') from names")


def shown_names(con: duckdb.DuckDBPyConnection, places: Iterable[PurePath],
                plain: set[PurePath]) -> dict[PurePath, str]:
    """The name of each place in the inbox; of those that are not ``plain``, the telling ones keep only their suffix."""
    shown = {place: shown_name(str(place)) for place in places}
    doubtful = sorted({name for place, name in shown.items() if place not in plain})
    if not doubtful:
        return shown
    told = con.execute("with names as (select unnest($1::varchar[]) as name) "
                       f"select distinct name from ({kinds_sql(CELLS)}) where kind < {LONE}", [doubtful]).fetchall()
    telling = {name for (name,) in told}
    return {place: f"{MASKED}{place.suffix}" if name in telling and place not in plain else name
            for place, name in shown.items()}


def memory_key(place: PurePath, shown: str) -> str:
    """What a file is remembered by between two runs: its place, or a digest of it when its name is masked."""
    text = str(place)
    if not shown.startswith(MASKED):
        return text
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()[:32]


def shown_name(name: str) -> str:
    """A file name that can be written anywhere: no control or direction character, 200 characters at most."""
    if name.isprintable():
        return name[-200:]
    return "".join("�" if unicodedata.category(char)[0] == "C" else char for char in name)[-200:]
