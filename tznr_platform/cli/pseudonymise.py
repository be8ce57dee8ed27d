"""`tznr pseudonymise FILE`: at a sender, replace names and birth dates by exchange identifiers."""

from __future__ import annotations

from pathlib import Path

import click

from tznr_platform.errors import UserError
from tznr_platform.french import count


@click.command(short_help="Chez l'émetteur : remplacer les identités par des identifiants")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--key-file", required=True, type=click.Path(path_type=Path), help="Fichier de la clé d'échange K1")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Fichier CSV à écrire")
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path),
              help="Lignes laissées de côté ; à côté du fichier écrit par défaut")
@click.option("--nom", help="Colonne du nom de naissance, si elle n'est pas reconnue")
@click.option("--prenom", help="Colonne des prénoms, si elle n'est pas reconnue")
@click.option("--naissance", help="Colonne de la date de naissance, si elle n'est pas reconnue")
def pseudonymise(file: Path, key_file: Path, out: Path, report: Path | None, **columns: str | None) -> None:
    """Écrit le même tableau où l'identité est remplacée par l'identifiant d'échange. Rien d'autre ne sort du poste."""
    from tznr_platform.privacy.exchange import ExchangeKey
    from tznr_platform.sender.pseudonymise import MEMORY_LIMIT
    from tznr_platform.sender.pseudonymise import pseudonymise as run
    from tznr_platform.sender.workshop import require_no_platform, workshop
    require_no_platform()
    report = report or out.with_name(f"{out.stem}_a_corriger.csv")
    if len({file.resolve(), out.resolve(), report.resolve(), key_file.resolve()}) < 4:
        raise UserError("Un même fichier est nommé deux fois.", where=out.name, why="il serait remplacé",
                        remedy="donner un autre nom au fichier à écrire (--out)")
    with workshop(memory_limit=MEMORY_LIMIT) as settings:
        done = run(file, out, ExchangeKey.load(key_file), settings, report=report, given=columns)
    click.echo(f"{count(done.row_count, 'ligne écrite', 'lignes écrites')} dans {out}")
    if done.left_out:
        click.echo("Retirées du fichier à envoyer, car elles semblent nommer des personnes : "
                   f"colonne{'s' * (len(done.left_out) > 1)} n° {', '.join(map(str, done.left_out))}.")
    if done.homonym_count:
        click.echo(f"{count(done.homonym_count, 'ligne a', 'lignes ont')} le même identifiant qu'une autre : "
                   "homonyme possible, ou même personne.")
    if done.default_birth_count:
        click.echo(f"{count(done.default_birth_count, 'date', 'dates')} de naissance par défaut.")
    if done.refused_count:
        click.echo(f"{count(done.refused_count, 'ligne laissée', 'lignes laissées')} de côté, sans identifiant : "
                   f"les raisons sont dans {report}")
    if not done.row_count:
        raise UserError("Aucune ligne n'a reçu d'identifiant.", where=file.name, why="toutes ont été laissées de côté",
                        remedy=f"voir les raisons, ligne par ligne, dans {report}")
