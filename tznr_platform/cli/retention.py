"""`tznr retention`: how long data are kept, what a purge would destroy, the purge, its certificates."""

from __future__ import annotations

from collections import Counter

import click

from tznr_platform import french
from tznr_platform.privacy import certificates
from tznr_platform.privacy import retention as classes
from tznr_platform.privacy.purge import purge as destroy
from tznr_platform.settings import load_settings
from tznr_platform.storage import clock


@click.group(short_help="Durées de conservation, purge et certificats")
def retention() -> None:
    """Durées de conservation : état, répétition, purge à deux, certificats."""


@retention.command("status", short_help="Ce que contient chaque classe et jusqu'à quand")
def status() -> None:
    """Liste les classes de données : date de fin, jours restants, fichiers, taille."""
    settings = load_settings()
    click.echo(f"Jour de l'horloge de conservation : {french.day(clock.day(settings))}")
    for state in classes.states(settings):
        click.echo(f"  {state.retention_code:<17}{_term(state):<42}{state.file_count:>7} fichiers"
                   f"{state.byte_count / 1e6:>10.1f} Mo   {state.certainty}")


@retention.command("dry-run", short_help="Ce qu'une purge détruirait, sans rien toucher")
@click.option("--files", is_flag=True, help="Lister chaque fichier")
def dry_run(files: bool) -> None:
    """Dit ce qu'une purge détruirait ce jour ; TZNR_TODAY=2027-06-01 répète le terme. Ne touche à rien."""
    settings = load_settings()
    over = classes.over(settings)
    click.echo(f"Au {french.day(clock.day(settings))}, une purge détruirait {french.count(len(over), 'fichier')}.")
    for code, number in sorted(Counter(holding.retention_code for holding in over).items()):
        click.echo(f"  {code:<17}{french.count(number, 'fichier')}")
    for holding in over if files else ():
        click.echo(f"  {holding.path}")


@retention.command("purge", short_help="Détruire ce qui est arrivé à son terme")
@click.option("--why", required=True, help="Motif, inscrit au journal d'audit et au certificat")
@click.option("--second-operator", required=True, help="La seconde personne présente")
def purge(why: str, second_operator: str) -> None:
    """Détruit ce qui est arrivé à son terme, les clés d'abord, et établit le certificat. Ne se défait pas."""
    settings = load_settings()
    certificate = destroy(settings, why=why, second_operator=second_operator)
    click.echo(f"Détruit : {french.count(len(certificate.files), 'fichier')}, "
               f"{french.count(len(certificate.keys), 'clé')}.\n"
               f"Certificat à signer : {settings.certificates_dir / certificate.certificate_id}.html")


@retention.command("certificate", short_help="Vérifier et lister les certificats")
def certificate() -> None:
    """Vérifie chaque certificat contre le journal d'audit, puis les liste."""
    found = certificates.verified(load_settings())
    for path in found:
        click.echo(path.with_suffix(".html"))
    click.echo(f"{french.count(len(found), 'certificat conforme', 'certificats conformes')} au journal d'audit.")


def _term(state: classes.ClassState) -> str:
    if state.end_date is None:
        return "sans limite"
    left = f"{state.days_left} jours" if state.days_left >= 0 else f"terminé depuis {-state.days_left} jours"
    return f"jusqu'au {french.day(state.end_date)} ({left})"
