"""`tznr requests`: the ledger of data-subject requests. A person is given in a file or on standard input, never as an
argument: arguments are seen by every account of the machine and kept by shells."""

from __future__ import annotations

import datetime as dt
from typing import TextIO

import click

from tznr_platform import french, intake
from tznr_platform.cli.erase import evaluate_again, identifiers, sentence
from tznr_platform.errors import UserError
from tznr_platform.privacy import erasure, ledger
from tznr_platform.privacy import requests as acts
from tznr_platform.privacy.ledger import Request
from tznr_platform.settings import Settings, load_settings

NEXT = "Les tables de l'entrepôt suivront au prochain traitement : tznr run --job evaluate"
SUBJECT = click.option("--subject", type=click.File(encoding="utf-8"), required=True,
                       help="Fichier qui contient l'identifiant d'échange de la personne ; « - » : entrée standard")
WHY = click.option("--why", required=True, help="Motif, inscrit au journal d'audit, sans donnée personnelle")
REBUILD = click.option("--rebuild/--no-rebuild", default=True, show_default=True,
                       help="Reconstruire l'entrepôt ensuite")


@click.group(short_help="Demandes des personnes : opposition, accès, effacement…")
def requests() -> None:
    """Registre des demandes des personnes sur leurs données (RGPD, articles 15 à 21)."""


@requests.command("add", short_help="Inscrire une demande")
@click.option("--type", "request_type", type=click.Choice(list(ledger.TYPES)), required=True)
@click.option("--channel", type=click.Choice(ledger.CHANNELS), required=True, help="Par où elle est arrivée")
@click.option("--received", type=click.DateTime(["%Y-%m-%d"]), help="Jour de réception ; aujourd'hui par défaut")
@SUBJECT
def add(request_type: str, channel: str, received: dt.datetime | None, subject: TextIO) -> None:
    """Inscrit une demande. Une opposition ou une limitation prend effet aussitôt."""
    settings = load_settings()
    request = acts.add(settings, request_type, channel, _one(subject), received.date() if received else None)
    click.echo(f"Demande {request.request_id} inscrite : {ledger.TYPES[request_type].lower()}, {request.status}. "
               f"Échéance : {french.day(request.limit_date)}.")
    if request.executed_date:
        click.echo(NEXT)


@requests.command("list", short_help="Voir les demandes et leurs échéances")
@click.option("--all", "everything", is_flag=True, help="Aussi celles qui sont closes")
def show(everything: bool) -> None:
    """Montre les demandes en cours, la plus urgente d'abord."""
    settings = load_settings()
    found = ledger.read(settings) if everything else ledger.deadlines(settings)
    for request in found:
        click.echo(_line(request, settings))
    click.echo(french.count(len(found), "demande") + ("." if everything else " en cours."))


@requests.command("decide", short_help="Accepter ou refuser une demande")
@click.argument("request_id")
@click.option("--accept/--refuse", default=None, required=True)
@WHY
def decide(request_id: str, accept: bool, why: str) -> None:
    """Décide d'une demande d'accès, de rectification ou d'effacement."""
    request = acts.decide(load_settings(), request_id, accept=accept, why=why)
    click.echo(f"Demande {request_id} : {request.status}.")


@requests.command("execute", short_help="Exécuter une demande acceptée")
@click.argument("request_id")
@click.option("--delivery", "delivery_id", type=int, help="Livraison corrigée (rectification)")
@SUBJECT
@WHY
@REBUILD
def execute(request_id: str, delivery_id: int | None, subject: TextIO, why: str, rebuild: bool) -> None:
    """Exécute une demande acceptée ; la personne est donnée de nouveau et doit être celle de la demande."""
    settings = load_settings()
    erasure.resume(settings)
    person = _one(subject)
    if intake.inbox_fingerprint(settings):
        intake.run(settings)
    done = acts.execute(settings, request_id, person, why=why, delivery_id=delivery_id)
    click.echo(f"Demande {request_id} : {done.request.status}.")
    if done.file:
        click.echo(f"Copie à remettre, puis à supprimer : {done.file}")
    if done.certificate:
        click.echo(sentence(settings, done.certificate))
        if rebuild:
            evaluate_again(settings)


@requests.command("withdraw", short_help="Retirer une demande et mettre fin à son effet")
@click.argument("request_id")
@SUBJECT
@WHY
def withdraw(request_id: str, subject: TextIO, why: str) -> None:
    """Met fin à une demande et, à partir d'aujourd'hui, à ce qu'elle avait inscrit sur une liste."""
    request = acts.withdraw(load_settings(), request_id, _one(subject), why=why)
    click.echo(f"Demande {request_id} : {request.status}.\n{NEXT}")


def _one(stream: TextIO) -> str:
    found = identifiers(stream)
    if len(found) != 1:
        raise UserError("Une demande concerne une seule personne.", where="--subject",
                        why=f"{french.count(len(found), 'identifiant')} dans ce qui est donné",
                        remedy="donner un fichier d'une seule ligne")
    return found[0]


def _line(request: Request, settings: Settings) -> str:
    left = request.days_left(settings.today)
    late = f"en retard de {french.count(-left, 'jour')}" if left < 0 else f"reste {french.count(left, 'jour')}"
    is_open = request.status in {ledger.TO_DECIDE, ledger.TO_EXECUTE}
    return (f"{request.request_id}  {ledger.TYPES[request.request_type_code]:<14} reçue le "
            f"{request.received_date.isoformat()}  {request.status:<11} échéance {request.limit_date.isoformat()}"
            + (f"  {late}" if is_open else ""))
