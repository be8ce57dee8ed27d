"""`tznr ui`: the Dagster interface on loopback, over the same instance as `tznr run`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click

from tznr_platform.cli.init import prepare
from tznr_platform.orchestration.manifest import ensure_manifest
from tznr_platform.settings import export_environment, load_settings

WORKSPACE = Path(__file__).resolve().parents[2] / "workspace.yaml"


@click.command(short_help="Ouvrir l'interface Dagster (boucle locale)")
@click.option("--port", default=3000, show_default=True, type=click.IntRange(1, 65535), help="Port local")
def ui(port: int) -> None:
    """Ouvre l'interface Dagster sur 127.0.0.1, avec l'historique de `tznr run`."""
    settings = load_settings()
    prepare(settings)
    export_environment(settings)
    ensure_manifest()
    click.echo(f"Interface Dagster : http://127.0.0.1:{port}   (Ctrl-C pour fermer)")
    command = [sys.executable, "-W", "ignore", "-m", "dagster", "dev", "--workspace", str(WORKSPACE),
               "--host", "127.0.0.1", "--port", str(port), "--log-level", "warning"]
    sys.exit(subprocess.call(command))
