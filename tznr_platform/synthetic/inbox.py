"""The way from a seed to an inbox and its answer key, step by step.

Here: the order of the steps, the progress lines, the outcome. Not here: any rule of what is written.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from tznr_platform.errors import ExitCode, UserError
from tznr_platform.settings import Settings, load_settings
from tznr_platform.storage.lake import storage_errors
from tznr_platform.storage.warehouse import connect
from tznr_platform.synthetic import (
    broken_files,
    careers,
    contradictions,
    defects,
    facts,
    feed_files,
    feeds,
    field_rows,
    population,
    senders,
    survey_rows,
    timeline,
    truth,
    writing,
)
from tznr_platform.synthetic.answers import write_answer_key

FEWEST_PERSONS = 50


@dataclass(frozen=True)
class SyntheticOutcome:
    """What was written: files and rows of the inbox, where the answer key is (None when not asked for)."""

    out_dir: Path
    answer_key_dir: Path | None
    person_count: int
    file_count: int
    row_count: int


def generate(
    out_dir: Path,
    *,
    persons: int,
    seed: int,
    through: str,
    answer_key_dir: Path | None = None,
    progress: Callable[[str], None] | None = None,
    settings: Settings | None = None,
) -> SyntheticOutcome:
    """Write a synthetic inbox, and its answer key apart; same persons, seed and month: same bytes.

    ``persons``: distinct persons met by the 39 territories (those of silent territories included).
    ``through``: last month ``YYYY-MM`` of the deliveries. The inbox must be absent or empty, and
    appears only once complete. Raises ``UserError``: USAGE for a parameter, STORAGE for a full disk.
    """
    say = progress or (lambda line: None)
    last_month = timeline.check_through(through)
    out_dir, answer_key_dir = Path(out_dir), Path(answer_key_dir) if answer_key_dir else None
    _check(out_dir, answer_key_dir, persons)
    draft_dir = out_dir.with_name(out_dir.name + ".en_cours")
    shutil.rmtree(draft_dir, ignore_errors=True)
    draft_dir.mkdir(parents=True)
    with storage_errors(draft_dir), connect(None, settings=settings or load_settings()) as con:
        populate(con, persons, seed, last_month, say)
        _write(con, draft_dir, persons, say)
        broken = broken_files.write(draft_dir)
        if answer_key_dir is not None:
            say("Corrigé")
            write_answer_key(con, answer_key_dir, broken, last_month)
        files, rows = con.execute("select count(*), sum(row_count)::bigint from written").fetchone()
    if out_dir.exists():
        out_dir.rmdir()
    draft_dir.replace(out_dir)
    say(f"{files + len(broken)} fichiers, {rows} lignes")
    return SyntheticOutcome(out_dir, answer_key_dir, persons, files + len(broken), rows)


def _check(out_dir: Path, answer_key_dir: Path | None, persons: int) -> None:
    if persons < FEWEST_PERSONS:
        raise UserError(
            "La population est trop petite.",
            where="--persons",
            why=f"il faut au moins {FEWEST_PERSONS} personnes pour que chaque cas existe",
            remedy="demander davantage de personnes",
            exit_code=ExitCode.USAGE,
        )
    if out_dir.exists() and any(out_dir.iterdir()):
        raise UserError(
            "Le dossier de sortie n'est pas vide.",
            where=str(out_dir),
            why="un jeu synthétique ne se mélange à rien d'autre",
            remedy="choisir un dossier neuf",
            exit_code=ExitCode.USAGE,
        )
    if answer_key_dir is not None and answer_key_dir.resolve().is_relative_to(out_dir.resolve()):
        raise UserError(
            "Le corrigé ne peut pas être rangé dans le dossier des livraisons.",
            where=str(answer_key_dir),
            why="il contient la vérité et les identités témoins",
            remedy="choisir un dossier à part",
            exit_code=ExitCode.USAGE,
        )


def populate(
    con: duckdb.DuckDBPyConnection, persons: int, seed: int, through: int, say: Callable[[str], None]
) -> None:
    population.create_macros(con, seed)
    senders.write_files_table(con, through)
    say(f"Population : {persons} personnes")
    population.build(con, persons, seed, through)
    con.execute("create table identities as select person, shuffle, identifiant from persons order by person")
    con.execute("create table communes (territory integer, commune_code varchar)")
    senders.insert_rows(con, "communes", facts.communes())
    say("Parcours de droits")
    careers.build(con, through)
    feeds.build(con, through)
    field_rows.build(con, through)
    say("Enquêtes, réseaux, coûts")
    survey_rows.build(con, through)


def _write(con: duckdb.DuckDBPyConnection, out_dir: Path, persons: int, say: Callable[[str], None]) -> None:
    defects.create_log(con)
    contradictions.create_log(con)
    con.execute("create table written (file_id integer, row_count bigint)")
    con.execute("create table excluded_rows (file_id integer, row_count bigint)")
    say("Fichiers des territoires")
    for table, rows_sql in TABLES.items():
        writing.write_table(con, table, rows_sql(), out_dir)
    for body in truth.BODIES:
        say(f"Fichiers mensuels : {body}")
        feed_files.write_feeds(con, body, out_dir, persons)


TABLES: dict[str, Callable[[], str]] = {
    "personnes": field_rows.personnes,
    "rencontres": field_rows.rencontres,
    "droits": field_rows.droits,
    "reponses": survey_rows.reponses,
    "professionnels": survey_rows.professionnels,
    "postes": lambda: survey_rows.POSTES,
    "organisations": survey_rows.organisations,
    "liens": survey_rows.liens,
    "participation": survey_rows.participation,
    "depenses": survey_rows.depenses,
    "evenements_cout": survey_rows.evenements_cout,
    "entretiens": survey_rows.entretiens,
    "couts_unitaires": survey_rows.couts_unitaires,
    "retours": feeds.retours,
    "agregats": feeds.agregats,
}
