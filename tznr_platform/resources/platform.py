"""The settings of the platform as a Dagster resource, so that a test can build definitions on another folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
import duckdb
from dagster_duckdb import DuckDBResource
from pydantic import Field

from tznr_platform.privacy import erasure
from tznr_platform.settings import Settings, load_settings
from tznr_platform.storage import clock, rebuild


class PublishedCopy(DuckDBResource):
    """The published warehouse for readers: closed past the last day of the data and during an erasure."""

    options: dict[str, str] = Field(default_factory=dict)

    @contextmanager
    def get_connection(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """As its parent; ``UserError`` where ``storage.connect`` would refuse too."""
        settings = load_settings(**self.options)
        clock.require_open(settings)
        rebuild.require_finished(settings)
        with super().get_connection() as con:
            yield con


def published_copy(settings: Settings, **options: str) -> DuckDBResource:
    """The published copy, read-only; no extension is ever fetched."""
    return PublishedCopy(options=options, database=str(settings.published_file), connection_config={
        "access_mode": "READ_ONLY", "autoinstall_known_extensions": False, "autoload_known_extensions": False})


class Platform(dg.ConfigurableResource):
    """Where data lies and what day it is. ``options`` override the environment, by name of setting."""

    options: dict[str, str] = Field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        """The settings of this process; an erasure that was cut is finished first."""
        settings = load_settings(**self.options)
        erasure.resume(settings)
        return settings
