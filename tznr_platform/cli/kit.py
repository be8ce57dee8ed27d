"""`tznr kit`: what a sender receives, in one folder: offline page, guide, templates."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(short_help="Écrire le kit d'émission : page hors ligne, guide, modèles")
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Dossier à remplir")
@click.option("--zip", "is_zipped", is_flag=True, help="Écrire aussi une archive du même nom")
def kit(out: Path, is_zipped: bool) -> None:
    """Écrit la page hors ligne, le guide de l'émetteur et les modèles. Aucune clé n'y figure."""
    from tznr_platform.sender.kit import write_kit, zip_kit

    write_kit(out)
    click.echo(f"Kit d'émission : {out}")
    if is_zipped:
        click.echo(f"Archive        : {zip_kit(out, out.with_name(f'{out.name}.zip'))}")
