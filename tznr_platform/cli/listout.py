"""`tznr listout`: the list of persons about whom a benefit body is asked."""

from __future__ import annotations

import click

from tznr_platform.release.lists import list_out
from tznr_platform.settings import load_settings


@click.command(short_help="Établir la liste à envoyer à un organisme")
@click.option("--body", required=True, help="Code de l'organisme : CNAF, MSA, CNAM, CNAV ou FRANCE_TRAVAIL")
@click.option("--why", required=True, help="Motif, inscrit au journal d'audit")
def listout(body: str, why: str) -> None:
    """Écrit la liste (identifiant d'échange, territoire) à envoyer à un organisme, sans les personnes opposées."""
    sent = list_out(load_settings(), body, why=why)
    click.echo(f"Liste {sent.list_id} : {sent.person_count} personne(s), {sent.row_count} ligne(s).\n"
               f"À envoyer par le canal sécurisé, puis à détruire : {sent.path}")
    if sent.missing_count:
        click.echo(f"{sent.missing_count} personne(s) sans identifiant sous scellé : faire renvoyer leur fichier "
                   "par les territoires.")
