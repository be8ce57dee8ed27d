"""`tznr backup`: copy the lake, with a manifest of hashes, to another place."""

from __future__ import annotations

from pathlib import Path

import click

from tznr_platform.privacy import erasure
from tznr_platform.settings import load_settings


@click.command(short_help="Sauvegarder le lac de données")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Dossier des sauvegardes, disque chiffré")
def backup(out: Path) -> None:
    """Copie le lac, la zone d'échange et le registre des demandes, avec leurs empreintes ; jamais les clés.

    Les sauvegardes de plus de 35 jours du même dossier sont détruites.
    """
    click.echo(f"Sauvegarde : {erasure.save(load_settings(), out)}")
