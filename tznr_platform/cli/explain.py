"""`tznr explain NUMBER_ID`: where a number of a report comes from."""

from __future__ import annotations

import click

from tznr_platform.settings import load_settings


@click.command(short_help="Dire d'où vient un chiffre")
@click.argument("number_id")
def explain(number_id: str) -> None:
    """Définition, requête, livraisons et version du code d'un chiffre du rapport (NUMBER_ID se lit sur le
    chiffre).
    """
    from tznr_platform import reporting

    click.echo(reporting.explain(load_settings(), number_id))
