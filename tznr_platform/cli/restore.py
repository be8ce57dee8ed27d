"""`tznr restore`: come back to a backup, without the persons who must not come back with it."""

from __future__ import annotations

from pathlib import Path

import click

from tznr_platform.privacy import erasure
from tznr_platform.settings import load_settings


@click.command(short_help="Restaurer une sauvegarde")
@click.argument("source", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--why", required=True, help="Motif, inscrit au journal d'audit et au certificat")
def restore(source: Path, why: str) -> None:
    """Remplace le lac par une sauvegarde ; les exclusions et les effacements faits depuis s'appliquent avant tout."""
    settings = load_settings()
    certificate = erasure.restore(settings, source, why=why)
    click.echo(f"Restauré ; {certificate.row_count} ligne(s) de personnes exclues ou effacées depuis n'y sont plus.\n"
               f"Certificat : {settings.certificates_dir / certificate.certificate_id}.html\n"
               "L'entrepôt est à reconstruire : tznr run")
