"""`tznr check FILE --sender CODE`: at a sender, the receipt of a file before it is sent."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tznr_platform import french
from tznr_platform.errors import ExitCode

if TYPE_CHECKING:
    from tznr_platform.intake import Delivery
    from tznr_platform.sender.check import Checked

SHOWN_LINES = 10
VERDICTS = {"accepted": "Tout est accepté", "partial": "Accepté, avec des lignes refusées", "refused": "Refusé",
            "duplicate": "Déjà vérifié à l'identique"}


@click.command(short_help="Chez l'émetteur : vérifier un fichier avant de l'envoyer")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--sender", required=True, metavar="CODE", help="Votre code d'émetteur, par exemple TZNR-05 ou CNAF")
@click.option("--table", help="Table du fichier, si son nom ne la dit pas")
@click.option("--period", help="Période du fichier (2025-06, 2025-T2…), si son nom ne la dit pas")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Dossier où écrire l'accusé complet")
def check(file: Path, sender: str, table: str | None, period: str | None, out: Path | None) -> None:
    """Dit ce que la plateforme répondrait, sans rien conserver. Code de sortie : 0 accepté ou en partie, 3 refusé."""
    from tznr_platform.sender.check import check as run
    checked = run(file, sender, table=table, period=period, out=out)
    click.echo("\n".join(_summary(checked)))
    if out is not None and checked.deliveries:
        click.echo(f"Accusé complet : {out}")
    if checked.is_refused:
        sys.exit(ExitCode.INPUT)


def _summary(checked: Checked) -> list[str]:
    from tznr_platform import contracts
    codes = contracts.reason_codes()
    lines = [line for delivery in checked.deliveries for line in _delivery(delivery)]
    if checked.is_moving:
        lines.append(codes["FILE_BEING_WRITTEN"].message)
    for field, reason, at in checked.groups():
        lines += ["", f"{field} · {codes[reason].message} ({len(at)} ligne{'s' * (len(at) > 1)} : {_ranks(at)})",
                  f"  → {codes[reason].remedy}"]
    return lines


def _delivery(delivery: Delivery) -> list[str]:
    from tznr_platform import contracts
    codes = contracts.reason_codes()
    counts = (f"{french.count(delivery.accepted_row_count, 'ligne acceptée', 'lignes acceptées')}, "
              f"{french.count(delivery.refused_row_count, 'refusée')}")
    lines = [f"{delivery.file_name} — {VERDICTS[delivery.status_code]}. {'' if delivery.reason_code else counts + '.'}"]
    for reason, detail in delivery.remarks:
        lines += [f"  {codes[reason].message}" + (f" ({detail})" if detail else ""), f"  → {codes[reason].remedy}"]
    return lines


def _ranks(lines: list[int]) -> str:
    return ", ".join(map(str, lines[:SHOWN_LINES])) + (", …" if len(lines) > SHOWN_LINES else "")
