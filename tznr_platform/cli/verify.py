"""`tznr verify PACKAGE`: check a released package against its own manifest."""

from __future__ import annotations

from pathlib import Path

import click

from tznr_platform.errors import UserError
from tznr_platform.release import verify as verify_package


@click.command(short_help="Vérifier un paquet diffusé")
@click.argument("package", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def verify(package: Path) -> None:
    """Compare chaque fichier d'un paquet à l'empreinte de son manifeste."""
    problems = verify_package(package)
    if problems:
        raise UserError(f"Paquet altéré : {len(problems)} écart(s).", where=package.name, why=" ; ".join(problems),
                        remedy="redemander le paquet à son émetteur")
    click.echo(f"Paquet intact : {package.name}")
