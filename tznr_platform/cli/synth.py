"""`tznr synth`: a synthetic inbox with a known truth, and its answer key apart."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(short_help="Écrire un jeu de livraisons synthétique")
@click.option(
    "--out", "out_dir", type=click.Path(path_type=Path), required=True, help="Dossier des livraisons, vide"
)
@click.option(
    "--persons", type=click.IntRange(min=50), default=20_000, show_default=True, help="Personnes rencontrées"
)
@click.option("--seed", type=int, default=1, show_default=True, help="Graine : même graine, mêmes fichiers")
@click.option("--through", default="2026-06", show_default=True, help="Dernier mois des livraisons, AAAA-MM")
@click.option(
    "--answer-key",
    "answer_key_dir",
    type=click.Path(path_type=Path),
    help="Dossier du corrigé, à part des livraisons",
)
def synth(out_dir: Path, persons: int, seed: int, through: str, answer_key_dir: Path | None) -> None:
    """Écrit les fichiers de 39 territoires et de cinq organismes fictifs, dont la vérité est connue."""
    from tznr_platform.synthetic import generate

    outcome = generate(
        out_dir,
        persons=persons,
        seed=seed,
        through=through,
        answer_key_dir=answer_key_dir,
        progress=lambda line: click.echo(f"  {line}", err=True),
    )
    click.echo(f"Livraisons : {outcome.out_dir}")
    if outcome.answer_key_dir:
        click.echo(f"Corrigé    : {outcome.answer_key_dir}")
