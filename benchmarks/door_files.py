"""Big files for the benchmark of the door: a feed of rights of a given size, and the persons it speaks of.

Here: sound rows, drawn by number so that the same size gives the same file. Not here: what they cost (``door``).
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from tznr_platform.storage.lake import quote

PERSONS, BENEFITS = 100_000, ("RSA", "PPA", "AL", "AUTRE_MINIMUM")
FIRST_ROWS = 1_000_000
PERSON = """select sha256('porte' || i) as identifiant, '2025-04-02' as date_premier_contact,
    ['25_34', '35_44', '55_64'][1 + i % 3] as tranche_age, ['seul', 'couple'][1 + i % 2] as situation_familiale,
    i % 4 as nombre_enfants, 'locataire_social' as statut_logement, ['chomage', 'emploi'][1 + i % 2]
    as situation_activite, '01053' as commune_code, 'non' as naissance_par_defaut,
    '2025-04-02' as date_information, 'oral' as mode_information, 'non' as opposition
    from range({persons}) people(i)"""
RIGHT = """select sha256('porte' || (n % {persons})) as identifiant, {benefits}[1 + (n // {persons}) % {kinds}]
    as prestation,
    strftime(date '2023-01-01' + to_months((n // ({persons} * {kinds}))::integer), '%Y-%m') as mois_droit,
    '2026-06-28' as date_extraction, case when n % 3 = 0 then '2023-01-10' end as date_demande,
    case when n % 3 = 0 then '2023-02-15' end as date_decision,
    ['OUVERT_VERSABLE', 'OUVERT_NON_VERSE', 'CLOS'][1 + n % 3] as statut, (n % 90000) / 100 as montant_du,
    (n % 90000) / 100 as montant_verse, ['allocataire', 'conjoint'][1 + n % 2] as role_foyer
    from range({rows}) rights(n)"""


def write_persons(con: duckdb.DuckDBPyConnection, path: Path, persons: int = PERSONS) -> None:
    """A delivery of ``personnes``, one row a person."""
    _copy(con, PERSON.format(persons=persons), path)


def write_rights(con: duckdb.DuckDBPyConnection, path: Path, size: int) -> int:
    """A delivery of ``droits_mensuels`` of about ``size`` bytes; returns the number of rows."""
    facts = {"persons": PERSONS, "benefits": list(BENEFITS), "kinds": len(BENEFITS)}
    _copy(con, RIGHT.format(rows=FIRST_ROWS, **facts), path)
    rows = int(size / path.stat().st_size * FIRST_ROWS)
    _copy(con, RIGHT.format(rows=rows, **facts), path)
    return rows


def _copy(con: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    con.execute(f"copy ({query}) to {quote(path)} (format csv, delimiter ';')")
