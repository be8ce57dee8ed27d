"""`tznr audit verify`: prove that the audit log and the ledger of requests have not been altered."""

from __future__ import annotations

import click

from tznr_platform.privacy import ledger
from tznr_platform.settings import load_settings
from tznr_platform.storage.audit import verify as verify_log


@click.group(short_help="Journal d'audit et registre des demandes")
def audit() -> None:
    """Journal d'audit : qui a fait quoi, chaîné par empreintes ; de même le registre des demandes."""


@audit.command("verify", short_help="Vérifier les chaînes d'empreintes")
def verify() -> None:
    """Vérifie la chaîne d'empreintes du journal et du registre ; s'arrête à la première ligne altérée."""
    settings = load_settings()
    click.echo(f"Journal intact : {verify_log(settings)} écritures vérifiées.")
    click.echo(f"Registre des demandes intact : {len(ledger.read(settings))} demandes.")
