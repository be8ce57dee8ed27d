"""`tznr erase`: take persons out of every file, certify it, and build the warehouse again."""

from __future__ import annotations

import re
from typing import TextIO

import click

from tznr_platform import intake
from tznr_platform.errors import UserError
from tznr_platform.privacy import erasure
from tznr_platform.privacy.certificates import Certificate
from tznr_platform.privacy.persons import P1_FORM
from tznr_platform.privacy.pseudonym import AnalysisKey
from tznr_platform.settings import Settings, export_environment, load_settings


@click.command(short_help="Effacer physiquement des personnes")
@click.argument("persons", type=click.File(encoding="utf-8"), required=False)
@click.option("--why", help="Motif, inscrit au journal d'audit et au certificat")
@click.option("--request", "request_id", help="Numéro de la demande au registre")
@click.option("--resume", is_flag=True, help="Terminer un effacement interrompu")
@click.option("--rebuild/--no-rebuild", default=True, show_default=True, help="Reconstruire l'entrepôt ensuite")
def erase(persons: TextIO | None, why: str | None, request_id: str | None, resume: bool, rebuild: bool) -> None:
    """Efface de tous les fichiers les personnes dont PERSONS donne l'identifiant d'échange, un par ligne.

    PERSONS est un fichier, ou « - » pour l'entrée standard : un identifiant ne se donne jamais en argument.
    """
    settings = load_settings()
    if resume:
        certificate = erasure.resume(settings)
        if certificate is None:
            click.echo("Aucun effacement n'est en cours.")
            return
    else:
        if persons is None or not why:
            raise click.UsageError("Donner le fichier des identifiants et --why « … », ou --resume.")
        certificate = _erased(settings, identifiers(persons), why, request_id)
    click.echo(sentence(settings, certificate))
    if rebuild:
        evaluate_again(settings)


def identifiers(stream: TextIO) -> list[str]:
    """Exchange identifiers, one a line, blank lines passed over; ``UserError`` names the line, never what it holds."""
    found = [(number, line.strip().lower()) for number, line in enumerate(stream, start=1) if line.strip()]
    if wrong := [number for number, text in found if not re.fullmatch(P1_FORM, text)]:
        raise UserError("Une ligne n'est pas un identifiant d'échange.", where=f"ligne {wrong[0]}",
                        why="il faut 64 caractères hexadécimaux, et rien d'autre",
                        remedy="donner la colonne « identifiant » du fichier pseudonymisé, sans son titre")
    return [text for _, text in found]


def sentence(settings: Settings, certificate: Certificate) -> str:
    """What was done, in two lines, naming nobody."""
    lines = [f"Effacé : {certificate.row_count} ligne(s), {len(certificate.files)} fichier(s) réécrits ou supprimés ; "
             f"{certificate.search.file_count} fichiers relus octet par octet.",
             f"Certificat : {settings.certificates_dir / certificate.certificate_id}.html"]
    if certificate.search.waiting_count:
        lines.append(f"Attention : {erasure.WAITING_REMARK}")
    return "\n".join(lines)


def evaluate_again(settings: Settings) -> None:
    """Build the warehouse, the published copy and the numbers from the lake."""
    from tznr_platform.orchestration.execution import execute
    from tznr_platform.orchestration.manifest import ensure_manifest

    export_environment(settings)
    ensure_manifest()
    execute(settings, "evaluate")


def _erased(settings: Settings, exchange: list[str], why: str, request_id: str | None) -> Certificate:
    """What waits in the inbox is received first: an original without its receipt is never removed."""
    erasure.resume(settings)
    if intake.inbox_fingerprint(settings):
        intake.run(settings)
    key = AnalysisKey.load(settings)
    return erasure.erase(settings, [key.second_pass(identifier) for identifier in exchange], why=why,
                         request_id=request_id)
