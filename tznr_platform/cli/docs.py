"""`tznr docs`: regenerate everything that is derived from the contracts."""

from __future__ import annotations

import click

from tznr_platform.contracts import generate


@click.command(short_help="Régénérer dictionnaire, registre et sources dbt depuis les contrats")
def docs() -> None:
    """Réécrit les fichiers dérivés des contrats : sources dbt, dictionnaire, registre des traitements, glossaire."""
    for path in generate.write_all():
        click.echo(path)
