"""`tznr init`: the folders, the two keys and the Dagster home of one data directory."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from tznr_platform.privacy import ledger
from tznr_platform.privacy.pseudonym import AnalysisKey
from tznr_platform.settings import Settings, load_settings
from tznr_platform.storage import clock

DAGSTER_YAML = Path(__file__).resolve().parents[2] / "dagster.yaml.example"


@click.command(short_help="Préparer un dossier de données (clés, dossiers, Dagster)")
def init() -> None:
    """Prépare le dossier de données : clé d'analyse K2, clé du registre des demandes, dossiers, instance Dagster.

    Ne touche à rien d'existant.
    """
    settings = load_settings()
    prepare(settings)
    click.echo(f"Prêt : {settings.root}")


def prepare(settings: Settings) -> None:
    """Create what is missing; never replace a key or a configuration, never invent a key that was named.

    Refused (``UserError``) past the last day of the working data: no key is drawn for what no longer opens.
    """
    clock.require_open(settings)
    settings.dagster_home.mkdir(parents=True, exist_ok=True)
    if not (settings.dagster_home / "dagster.yaml").exists():
        shutil.copyfile(DAGSTER_YAML, settings.dagster_home / "dagster.yaml")
    if settings.analysis_key_file is None and not settings.key_file.exists():
        AnalysisKey.create(settings)
    AnalysisKey.load(settings)
    ledger.ensure_key(settings)
