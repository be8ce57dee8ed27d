"""`tznr audit verify`: prove that the audit log has not been altered."""

from __future__ import annotations

import click

from tznr_platform.settings import load_settings
from tznr_platform.storage.audit import verify as verify_log


@click.group(short_help="Journal d'audit")
def audit() -> None:
    """Journal d'audit : qui a fait quoi, chaîné par empreintes."""


@audit.command("verify", short_help="Vérifier la chaîne d'empreintes")
def verify() -> None:
    """Vérifie la chaîne d'empreintes du journal ; s'arrête à la première ligne altérée."""
    click.echo(f"Journal intact : {verify_log(load_settings())} écritures vérifiées.")
