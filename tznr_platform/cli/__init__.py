"""`tznr`: one thin module a command. Every command loads the settings, calls one function and says what it did.

A ``UserError`` is printed as a letter, without a traceback, and ends the process with the exit code of its kind.
"""

from __future__ import annotations

import importlib
import sys
import warnings

import click

from tznr_platform import discretion
from tznr_platform.errors import ExitCode, UserError

COMMANDS = (
    "init", "synth", "run", "ui", "explain", "templates", "kit", "pseudonymise", "check", "docs", "audit", "verify",
    "listout", "requests", "erase", "retention", "backup", "restore",
)


class _LazyGroup(click.Group):
    """A group that imports a command's module only when that command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        return getattr(importlib.import_module(f"tznr_platform.cli.{cmd_name}"), cmd_name)


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
def tznr() -> None:
    """Plateforme de données d'évaluation des Territoires zéro non-recours."""


def main() -> None:
    """Entry point: run a command; turn a ``UserError`` into its French letter and exit code."""
    discretion.install()
    warnings.filterwarnings("ignore", message=".*is currently in (beta|preview)")
    try:
        tznr(prog_name="tznr")
    except UserError as error:
        click.echo(f"\n{error}\n", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.exit(ExitCode.OK)
