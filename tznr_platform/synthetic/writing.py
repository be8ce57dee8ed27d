"""From rows to files in each sender's own hand.

Here: cells to text lines in DuckDB, encodings, headers, spreadsheets. Not here: what is in the rows, what
is broken on purpose (``defects``, ``broken_files``), the large monthly feeds (``feed_files``).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import duckdb

from tznr_platform.synthetic import defects, spreadsheets

NUMBERS = {
    "montant",
    "montant_du",
    "montant_verse",
    "valeur",
    "etp",
    "jours_formation",
    "quantite_observee",
    "quantite_contrefactuelle",
    "attribution",
    "cout_bas",
    "cout_central",
    "cout_haut",
}
YES_NO = {
    "naissance_par_defaut",
    "homonyme_possible",
    "opposition",
    "interrogee",
    "repondante",
    "indemnisation",
    "secret_statistique",
    "zone_comparaison",
}
ACCENTS = {
    "decision": "décision",
    "eligibilite": "éligibilité",
    "methode": "méthode",
    "defaut": "défaut",
    "role": "rôle",
    "activite": "activité",
    "anciennete": "ancienneté",
    "efficacite": "efficacité",
    "creation": "création",
    "enquete": "enquête",
    "frequence": "fréquence",
    "depense": "dépense",
    "evenement": "événement",
    "quantite": "quantité",
    "theme": "thème",
    "age": "âge",
    "interrogee": "interrogée",
    "repondante": "répondante",
    "systematique": "systématique",
    "spontanee": "spontanée",
    "demarche": "démarche",
    "accompagnee": "accompagnée",
    "reponse": "réponse",
    "modifiee": "modifiée",
    "concernees": "concernées",
}
EXTRA_HEADER, EXTRA_VALUE = "Antenne", "Antenne côté gare"


def headers(names: Iterable[str], style: str) -> list[str]:
    """Column titles as a sender writes them: as in the contract, in capitals, or with French accents."""
    if style == "upper":
        return [name.upper() for name in names]
    if style == "accents":
        words = ["_".join(ACCENTS.get(word, word) for word in name.split("_")) for name in names]
        return [word[0].upper() + word[1:] for word in words]
    return list(names)


def write_table(con: duckdb.DuckDBPyConnection, table: str, rows_sql: str, out_dir: Path) -> None:
    """Write every file of ``table``: cells, defects, text or spreadsheet; counts go to ``written``."""
    columns = [
        (name, kind)
        for name, kind, *_ in con.execute(f"describe {rows_sql}").fetchall()
        if name not in ("file_id", "ord")
    ]
    cells = ", ".join(
        f"case {n} when true then 'oui' when false then 'non' else '' end as {n}"
        if kind == "BOOLEAN"
        else f"coalesce({n}::varchar, '') as {n}"
        for n, kind in columns
    )
    con.execute(
        f"create or replace table cells as select file_id, ord, '' as shape, {cells} from ({rows_sql})"
    )
    defects.plant(con, table)
    names = [name for name, _ in columns]
    con.execute("insert into written select file_id, count(*) from cells group by file_id")
    if names[0] == "identifiant":
        con.execute(
            "insert into excluded_rows select file_id, count(*) from cells where identifiant in ("
            "select identifiant from identities join objections using (person)) group by 1"
        )
    _write_texts(con, names, out_dir)
    _write_spreadsheets(con, names, out_dir)


def _hand(name: str) -> str:
    """SQL of one cell in the hand of its sender."""
    if name.startswith("date_"):
        french = f"regexp_replace({name}, '^(\\d{{4}})-(\\d\\d)-(\\d\\d)$', '\\3/\\2/\\1')"
        return f"case when french_dates then {french} else {name} end"
    if name in NUMBERS:
        return f"case when decimal_comma then replace({name}, '.', ',') else {name} end"
    return (
        f"case {name} when 'oui' then yes when 'non' then \"no\" else {name} end" if name in YES_NO else name
    )


def _write_texts(con: duckdb.DuckDBPyConnection, names: list[str], out_dir: Path) -> None:
    cells = [_hand(name) for name in names]
    short = cells[:3]
    result = con.execute(f"""
        with lines as (
            select file_id, ord, separator, line_end, replace(
                case when shape = 'short' then array_to_string([{", ".join(short)}], chr(31))
                     else array_to_string([{", ".join(cells)}], chr(31)) end
                || case when extra_column and shape <> 'short' then chr(31) || '{EXTRA_VALUE}' else '' end
                || case when shape = 'surplus' then chr(31) || chr(31) || 'suite' else '' end, chr(31),
                    separator) as line
            from cells join (
                select file_id, separator, line_end, french_dates, decimal_comma, yes, "no", extra_column
                from files where extension in ('csv', 'txt')) using (file_id))
        select f.file_name, f.sender, f.separator, f.line_end, f.encoding, f.header, f.extra_column, l.body
        from (select file_id, string_agg(line || line_end, '' order by ord, line) as body from lines
            group by file_id) l
        join files f using (file_id) order by f.file_id""")
    while batch := result.fetchmany(64):
        for file_name, sender, separator, line_end, encoding, style, has_extra, body in batch:
            titles = headers(names, style) + ([EXTRA_HEADER] if has_extra else [])
            text = separator.join(titles) + line_end + body
            target(out_dir, sender, file_name).write_bytes(text.encode(encoding))


def _write_spreadsheets(con: duckdb.DuckDBPyConnection, names: list[str], out_dir: Path) -> None:
    rows = con.execute(f"""
        select f.file_name, f.sender, f.extension, f.header, list([{", ".join(names)}] order by ord,
            {", ".join(names)})
        from cells join (select file_id, file_name, sender, extension, header from files
            where extension in ('xlsx', 'ods')) f using (file_id)
        group by all order by f.file_name""").fetchall()
    for file_name, sender, extension, style, lines in rows:
        make = spreadsheets.xlsx if extension == "xlsx" else spreadsheets.ods
        target(out_dir, sender, file_name).write_bytes(make(headers(names, style), lines))


def target(out_dir: Path, sender: str, file_name: str) -> Path:
    folder = out_dir / sender
    folder.mkdir(exist_ok=True)
    return folder / file_name
