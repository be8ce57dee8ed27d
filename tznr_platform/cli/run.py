"""`tznr run`: the main job, from an inbox of deliveries to the reports and their gate dossiers."""

from __future__ import annotations

import json
from pathlib import Path

import click

from tznr_platform.cli.init import prepare
from tznr_platform.errors import ExitCode, UserError
from tznr_platform.intake import scan
from tznr_platform.intake.scan import inbox_paths
from tznr_platform.orchestration.manifest import ensure_manifest, job_state
from tznr_platform.privacy import erasure
from tznr_platform.settings import Settings, export_environment, load_settings
from tznr_platform.storage.lake import atomic_write_text

DEFAULT_PERSONS = 20_000
DEFAULT_SEED = 1
DEFAULT_THROUGH = "2026-06"


@click.command(short_help="Lancer le traitement principal")
@click.option("--inbox", type=click.Path(path_type=Path), help="Dossier des livraisons ; jeu synthétique par défaut")
@click.option("--persons", type=click.IntRange(min=50), help="Taille du jeu synthétique (20 000 par défaut)")
@click.option("--job", type=click.Choice(["full", "ingest", "evaluate", "report", "estimations"]), default="full",
              show_default=True, help="Travail à exécuter")
def run(inbox: Path | None, persons: int | None, job: str) -> None:
    """Reçoit les livraisons, construit l'entrepôt, évalue les portes de qualité, produit ou refuse les rapports."""
    if inbox and persons:
        raise click.UsageError("--persons ne vaut que pour le jeu synthétique ; retirer --inbox ou --persons.")
    overrides = {"inbox": inbox} if inbox else {}
    settings = load_settings(**overrides)
    synthetic = settings.inbox is None
    if not synthetic:
        inbox_paths(settings.inbox_dir)
    _claim_origin(settings, "synthetic" if synthetic else "deliveries")
    prepare(settings)
    export_environment(settings)
    erasure.resume(settings)
    if synthetic:
        _ensure_synthetic_inbox(settings, persons)
    last = settings.root / "last_full_run.txt"
    if job == "full" and last.exists() and last.read_text() == job_state(settings):
        click.echo("  Rien de nouveau depuis le dernier traitement : ni livraison, ni code, ni jour.", err=True)
    else:
        if ensure_manifest():
            click.echo("  Projet dbt analysé.", err=True)
        from tznr_platform.orchestration.execution import execute
        execute(settings, job)
        if job == "full":
            _remember(last, settings)
    click.echo(_where_things_are(settings))


def _remember(last: Path, settings: Settings) -> None:
    """Note the state that a whole run has answered: not if a file came in meanwhile, it would be taken for answered."""
    state = job_state(settings)
    if not scan(settings).counts().get("pending"):
        atomic_write_text(last, state)


def _claim_origin(settings: Settings, origin: str) -> None:
    """One data directory holds real deliveries or synthetic ones, never both."""
    marker = settings.root / "origin.json"
    if not marker.exists():
        atomic_write_text(marker, json.dumps({"origin": origin}) + "\n")
        return
    known = json.loads(marker.read_text())["origin"]
    if known != origin:
        words = {"synthetic": "un jeu synthétique", "deliveries": "de vraies livraisons"}
        raise UserError(f"Ce dossier de données contient {words[known]}.", where=str(settings.root),
                        why="données synthétiques et vraies livraisons ne se mélangent jamais",
                        remedy="choisir un autre dossier, par exemple : make run DATA=data-2 …",
                        exit_code=ExitCode.CONFIGURATION)


def _ensure_synthetic_inbox(settings: Settings, persons: int | None) -> None:
    parameters = settings.root / "inbox.json"
    wanted = persons or DEFAULT_PERSONS
    if parameters.exists():
        present = json.loads(parameters.read_text())["persons"]
        if persons and persons != present:
            raise UserError(f"Le jeu synthétique présent compte {present} personnes, pas {persons}.",
                            where=str(settings.inbox_dir), why="deux populations ne se mélangent pas",
                            remedy=f"make clean, ou un autre dossier : make run PERSONS={persons} DATA=data-2",
                            exit_code=ExitCode.CONFIGURATION)
        return
    from tznr_platform.synthetic import generate
    click.echo(f"  Jeu synthétique : {wanted} personnes, jusqu'à {DEFAULT_THROUGH}…", err=True)
    generate(settings.inbox_dir, persons=wanted, seed=DEFAULT_SEED, through=DEFAULT_THROUGH,
             answer_key_dir=settings.answer_key_dir, progress=lambda line: click.echo(f"  {line}", err=True))
    atomic_write_text(parameters, json.dumps({"persons": wanted, "seed": DEFAULT_SEED,
                                              "through": DEFAULT_THROUGH}) + "\n")


def _where_things_are(settings: Settings) -> str:
    reports = sorted(settings.reports_dir.glob("*.html"))
    dossiers = sorted(settings.dossiers_dir.glob("*.html"))
    releases = sorted(settings.releases_dir.glob("*.zip"))
    lines = [
        "", "Où sont les choses :",
        *(f"  rapport          {path}" for path in reports),
        *(f"  dossier de porte {path}" for path in dossiers),
        *(f"  paquet           {path}" for path in releases),
        f"  accusés          {settings.receipts_dir}",
        f"  entrepôt publié  {settings.published_file}",
        f"  interface        make ui{'' if settings.root == Path('data').resolve() else f' DATA={settings.root}'}",
        "  un chiffre       tznr explain <identifiant affiché au survol>",
    ]
    return "\n".join(lines)
