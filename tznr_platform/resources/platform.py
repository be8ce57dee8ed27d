"""The settings of the platform as a Dagster resource, so that a test can build definitions on another folder."""

from __future__ import annotations

import dagster as dg
from dagster_duckdb import DuckDBResource
from pydantic import Field

from tznr_platform.settings import Settings, load_settings


def published_copy(settings: Settings) -> DuckDBResource:
    """The published warehouse for readers: read-only, no extension is ever fetched."""
    return DuckDBResource(database=str(settings.published_file), connection_config={
        "access_mode": "READ_ONLY", "autoinstall_known_extensions": False, "autoload_known_extensions": False})


class Platform(dg.ConfigurableResource):
    """Where data lies and what day it is. ``options`` override the environment, by name of setting."""

    options: dict[str, str] = Field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        return load_settings(**self.options)
