"""Whole files refused for what they carry: names, numbers and addresses of people, identifiers that are no identifiers.

Here: which cells the screen reads, what it finds by column, and when identifiers cannot be trusted. It comes before any
person is declared or excluded: a refused file leaves its receipt and nothing else. Not here: what a name looks like
(``privacy.screen_values``), the names of columns (``privacy.screen``). Works on the temporary view ``lines``, on the
tables ``typed`` and ``identified``; says columns, kinds and counts, never a value.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

import duckdb

from tznr_platform.intake.normalise import CELL_JOINT
from tznr_platform.intake.prepare import Source
from tznr_platform.intake.rules import RowRules
from tznr_platform.privacy import screen_values
from tznr_platform.storage.lake import quote

if TYPE_CHECKING:
    from tznr_platform.contracts import Contract

Reason = tuple[str, str]
Found = dict[tuple[int, str, int], dict[int | None, int]]
SHARE, FEWEST_ROWS, SITUATIONS = 0.2, 10, 3


def refusals(con: duckdb.DuckDBPyConnection, rules: RowRules, batch: Sequence[Source]) -> dict[int, Reason]:
    """Reason and detail of each file of a batch that must be refused whole, by its position in the batch."""
    refused = nominative(con, rules, batch)
    if rules.contract.person_field:
        refused = suspect_identifiers(con, rules) | refused
    return refused


def nominative(con: duckdb.DuckDBPyConnection, rules: RowRules, batch: Sequence[Source]) -> dict[int, Reason]:
    """NOMINATIVE_VALUE for the files of which some cells name people: columns, kinds and counts."""
    kinds = screen_values.PUBLIC_KINDS if rules.contract.sender_kind == "open_data" else tuple(screen_values.KINDS)
    cells = [f"select *, {quote(place)} as place from ({cells})" for place, cells in _places(rules, batch).items()]
    filled = [query for query in cells if con.execute(f"select exists(from ({query}))").fetchone()[0]]
    if not filled:
        return {}
    once = f"select file_position, place, rank, cell, count(*) as many from ({' union all '.join(filled)}) group by all"
    found: Found = defaultdict(dict)
    for position, place, rank, kind, many in con.execute(
            "select file_position, place, rank, kind, sum(many)::bigint "
            f"from ({screen_values.kinds_sql(once, kinds)}) group by all").fetchall():
        found[position, place, rank][kind] = many
    details: dict[int, list[str]] = defaultdict(list)
    for (position, place, rank), counts in sorted(found.items()):
        source = batch[position]
        filled = source.line_count if place == "field" else sum(counts.values())
        if told := screen_values.told({kind: many for kind, many in counts.items() if kind}, filled):
            details[position].append(f"{_column(source, rules, place, rank)} : {screen_values.in_french(told)}")
    return {position: ("NOMINATIVE_VALUE", " ; ".join(lines)) for position, lines in details.items()}


def _places(rules: RowRules, batch: Sequence[Source]) -> dict[str, str]:
    """SQL of the filled cells to read (file_position, rank, cell) by place: where a type does not answer for them."""
    split = f"string_split(rest, {quote(CELL_JOINT)})"
    unknown = [rank for rank, field in enumerate(batch[0].columns, start=1) if field is None]
    places = {"field": _cells("typed", "unsure", "unsure is not null")}
    if batch[0].is_clean:
        places |= {"column": _cells("lines", split, "part is null and rest <> ''"),
                   "aside": _cells("lines", split, "part <> ''")}
    elif unknown:
        listed = ", ".join(f"c{rank - 1}" for rank in unknown)
        places["column"] = _cells("lines", f"[{listed}]", f"coalesce({listed}) is not null")
    if rules.contract.person_field:
        places["person"] = ("select file_position, 1 as rank, other as cell from typed join "
                            "(from identified where trim(other) <> '') using (who)")
    return places


def _cells(relation: str, cells: str, condition: str) -> str:
    return ("select * from (select file_position, generate_subscripts(cells, 1) as rank, unnest(cells) as cell from "
            f"(select file_position, {cells} as cells from {relation} where {condition})) where trim(cell) <> ''")


def _column(source: Source, rules: RowRules, place: str, rank: int) -> str:
    """Our own name of a column, or its rank in the sender's file: never the sender's header."""
    if place == "person":
        return f"colonne « {rules.contract.person_field} »"
    if place == "field":
        return f"colonne « {rules.unsure_fields[rank - 1]} »"
    if place == "aside":
        return f"hors du tableau, colonne n° {rank}"
    ranks = source.rest_ranks if source.is_clean else [
        number for number, field in enumerate(source.columns, start=1) if field is None]
    return f"colonne n° {ranks[rank - 1]}"


def suspect_identifiers(con: duckdb.DuckDBPyConnection, rules: RowRules) -> dict[int, Reason]:
    """PSEUDONYM_SUSPECT for the files whose identifiers were not computed on identities.

    More than a fifth of the rows (and ten of them) have an identifier that is none, or describe again what another row
    describes; or one key is borne by more than three rows that all differ: what an identifier computed on empty names
    does. Source: fault matrix R14.
    """
    details: dict[int, list[str]] = defaultdict(list)
    for position, rows, wrong in con.execute(
            "select file_position, count(*), "
            "count(*) filter (who is null or who in (select who from identified where pseudonym is null)) "
            f"from typed where mask >= 0 and mask <> {rules.ragged_bit} group by 1 "
            f"having count(*) >= {FEWEST_ROWS}").fetchall():
        if wrong >= max(FEWEST_ROWS, SHARE * rows):
            details[position].append(f"{wrong} identifiants vides ou mal formés sur {rows} lignes")
    for position, rows, again, situations in _repeated(con, rules.contract):
        if situations > SITUATIONS:
            details[position].append(f"un même identifiant pour {situations} situations différentes")
        elif again >= max(FEWEST_ROWS, SHARE * rows):
            details[position].append(f"{again} lignes répètent l'identifiant d'une autre sur {rows}")
    return {position: ("PSEUDONYM_SUSPECT", " ; ".join(lines)) for position, lines in details.items()}


def _repeated(con: duckdb.DuckDBPyConnection, contract: Contract) -> list[tuple[int, int, int, int]]:
    """For each file with rows of one key: rows, rows beyond the first, situations of the key that has most."""
    key = ", ".join(["file_position", *("who" if name == contract.person_field else contract.field(name).column
                                        for name in contract.primary_key)])
    if not con.execute("select exists(from repeated)").fetchone()[0]:
        return []
    columns = ", ".join("who" if field.name == contract.person_field else field.column for field in contract.fields)
    return con.execute(
        f"select file_position, (select count(*) from typed where typed.file_position = keys.file_position), "
        "sum(times - 1)::bigint, max(situations) from (select file_position, count(*) as times, "
        f"count(distinct row({columns})) as situations from typed semi join repeated using ({key}) where mask = 0 "
        f"group by {key}) keys group by 1").fetchall()
