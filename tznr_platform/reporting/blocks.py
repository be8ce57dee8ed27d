"""Tables and figures of a page, each with the line that says who is in it.

Here: the shape of a table and of a figure, the coverage line. Not here: which ones a section shows
(``sections``).
"""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup, escape

from tznr_platform.disclosure.registry import tables
from tznr_platform.reporting.book import Book, number_id
from tznr_platform.reporting.labels import label

NOT_COMPUTED = ("Non calculé pour ces données : la commande « tznr run », puis « tznr run --job estimations » pour les "
                "effets, calcule les estimations et refait le rapport.")


@dataclass(frozen=True)
class Row:
    """One line of a table: labels of its keys, then cells: number ids, or words already in HTML."""

    heads: tuple[str, ...]
    cells: tuple[str | Markup, ...]


@dataclass(frozen=True)
class Grid:
    """A table of numbers: caption, column titles, rows, coverage line, what is said when there is no row."""

    caption: str
    corners: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    coverage: Markup
    empty: str


@dataclass(frozen=True)
class Figure:
    """A picture: inline SVG, caption, text alternative, coverage line."""

    svg: Markup
    caption: str
    alternative: str
    coverage: Markup


def grid(book: Book, table_id: str, caption: str, corners: dict[str, str], columns: dict[str, str], *,
         where: dict[str, str] | None = None) -> Grid:
    """One row a key, one column a measure. ``corners``: dimension -> title, ``columns``: measure -> title."""
    rows = tuple(Row(_heads(corners, key),
                     tuple(_cell(table_id, measure, dict(zip(corners, key, strict=True)))
                           for measure in columns))
                 for key in book.keys(table_id, *corners, where=where))
    return Grid(caption, tuple(corners.values()), tuple(columns.values()), rows, coverage(book, table_id),
                empty(book, table_id))


def crossed(book: Book, table_id: str, measure: str, caption: str, corners: dict[str, str], *,
            across: str) -> Grid:
    """A table of one measure: one row a key of ``corners``, one column a code of the dimension ``across``."""
    total = tables()[table_id].totals.get(across)
    columns = [code for (code,) in book.keys(table_id, across) if code != total]
    rows = tuple(Row(_heads(corners, key),
                     tuple(_cell(table_id, measure, dict(zip(corners, key, strict=True)) | {across: column})
                           for column in columns))
                 for key in book.keys(table_id, *corners))
    return Grid(caption, tuple(corners.values()), tuple(label(across, column) for column in columns), rows,
                coverage(book, table_id), empty(book, table_id))


def words(title: str) -> Markup:
    """The title of a column of words, which are not aligned as numbers are."""
    return Markup(escape(title))


def between(book: Book, low: str, high: str) -> Markup:
    """Two numbers as a range, or the one word that stands for both when neither is shown."""
    if book.value(low) is None and book.value(high) is None:
        return book.show(low)
    return Markup("{} à {}").format(book.show(low), book.show(high))


def _heads(corners: dict[str, str], key: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(label(name, code) for name, code in zip(corners, key, strict=True))


def _cell(table_id: str, measure: str, codes: dict[str, str]) -> str:
    """The id of a national cell; a dimension at its total, or not given, is left out of ids."""
    table = tables()[table_id]
    return number_id(table_id, measure, *(codes[name] for name in table.dimensions
                                          if name in codes and codes[name] != table.totals.get(name)))


def empty(book: Book, table_id: str) -> str:
    """Why a table has no row: nothing came, or its estimate was not made from the data that are published."""
    is_late = tables()[table_id].estimate and book.value(f"champ.calcul.{table_id}.FR") is None
    return NOT_COMPUTED if is_late else "Aucune donnée reçue."


def coverage(book: Book, table_id: str) -> Markup:
    """Who is in: territories out of 39, persons, match rate where bodies' feeds are used."""
    sources = tables()[table_id].sources
    field = f"champ.territoires.{table_id}.FR"
    parts = [] if book.value(field) is None else [Markup("{} territoires sur 39").format(book.show(field))]
    if "personnes" in sources:
        parts.append(Markup("{} personnes rencontrées").format(book.show("couverture.personnes.FR")))
    if "droits_mensuels" in sources:
        parts.append(Markup("appariement {}").format(book.show("appariement.taux.FR")))
    if "personnes" not in sources:
        parts.append(Markup("champ : {} ; sans appariement").format(tables()[table_id].population))
    return Markup(" · ").join(parts)
