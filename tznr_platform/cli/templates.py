"""`tznr templates`: blank CSV and XLSX files for senders, generated from the contracts."""

from __future__ import annotations

from pathlib import Path

import click

from tznr_platform.contracts.generate import write_templates


@click.command(short_help="Écrire les modèles de fichiers vierges pour les émetteurs")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Dossier à remplir")
def templates(out: Path) -> None:
    """Écrit un modèle CSV et un modèle XLSX par table à transmettre."""
    write_templates(out)
    click.echo(f"Modèles écrits dans {out}")
