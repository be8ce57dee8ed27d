"""The one reader of the environment.

Here: where data lies, which key file to use, what day it is, how much memory to take. Every ``TZNR_`` variable that
is not listed here stops the start: an unknown option is never ignored.
"""

from __future__ import annotations

import datetime as dt
import getpass
import os
from collections.abc import Iterable
from pathlib import Path

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from tznr_platform.errors import ExitCode, UserError

PREFIX = "TZNR_"
EXCHANGE_KEY_VARIABLES = ("TZNR_K1", "TZNR_K1_FILE", "TZNR_EXCHANGE_KEY", "TZNR_EXCHANGE_KEY_FILE")


def _account() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid-{os.getuid()}"


class Settings(BaseSettings):
    """Frozen settings of one process; every path of the platform derives from ``data_dir``."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid", validate_default=True)

    data_dir: Path = Path("data")
    inbox: Path | None = Field(default=None, description="Inbox to read; the synthetic one by default")
    analysis_key_file: Path | None = Field(default=None, description="Key K2 of the second pass")
    today: dt.date = Field(default_factory=dt.date.today)
    memory_limit: str = Field(default="2GB", pattern=r"^\d+(MB|GB)$")
    threads: int = Field(default=2, ge=1, le=64)
    max_file_mb: int = Field(default=500, ge=1)
    operator: str = Field(default_factory=_account, pattern=r"^[\w.@-]{1,64}$",
                          description="Who acts, in the audit log; the account name by default")

    @field_validator("data_dir", "inbox", "analysis_key_file")
    @classmethod
    def _absolute(cls, path: Path | None) -> Path | None:
        return path.resolve() if path else None

    @property
    def root(self) -> Path:
        return self.data_dir

    @property
    def inbox_dir(self) -> Path:
        return self.inbox or self.root / "inbox"

    @property
    def key_file(self) -> Path:
        return self.analysis_key_file or self.root / "vault" / "k2.key"

    @property
    def lake_dir(self) -> Path:
        return self.root / "lake"

    @property
    def receipts_dir(self) -> Path:
        return self.root / "receipts"

    @property
    def working_file(self) -> Path:
        return self.root / "warehouse" / "working.duckdb"

    @property
    def published_file(self) -> Path:
        return self.root / "warehouse" / "published.duckdb"

    @property
    def spill_dir(self) -> Path:
        return self.root / "warehouse" / "spill"

    @property
    def dossiers_dir(self) -> Path:
        return self.root / "gates"

    @property
    def reports_dir(self) -> Path:
        return self.root / "reports"

    @property
    def releases_dir(self) -> Path:
        return self.root / "releases"

    @property
    def answer_key_dir(self) -> Path:
        return self.root / "answer_key"

    @property
    def audit_file(self) -> Path:
        return self.root / "audit" / "audit.jsonl"

    @property
    def exchange_dir(self) -> Path:
        """The exchange zone: sealed exchange identifiers, lists sent to the bodies."""
        return self.root / "exchange"

    @property
    def requests_dir(self) -> Path:
        """Ledger of data-subject requests and the lists it keeps: apart from the lake, which may be restored."""
        return self.root / "requests"

    @property
    def requests_key_file(self) -> Path:
        """The key of the subjects of requests: theirs alone, so that the ledger joins with nothing."""
        return self.root / "vault" / "requests.key"

    @property
    def certificates_dir(self) -> Path:
        """Certificates of erasure and of purge: kept when everything else is gone."""
        return self.root / "certificates"

    @property
    def clock_file(self) -> Path:
        """The last day seen by the retention clock."""
        return self.root / "clock.json"

    @property
    def is_day_given(self) -> bool:
        """The day was set by hand (a rehearsal), not read from the clock of the machine."""
        return "today" in self.model_fields_set

    @property
    def dagster_home(self) -> Path:
        return self.root / "dagster"


def load_settings(**overrides: object) -> Settings:
    """Read the environment once; raise ``UserError`` (exit code 4) for anything unknown, wrong or dangerous."""
    _refuse_exchange_key()
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    unknown = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
    if unknown:
        raise UserError(f"Option inconnue : {', '.join(unknown)}.", where="variables d'environnement",
                        why="une option ignorée pourrait affaiblir une protection",
                        remedy=f"la corriger ou la retirer ; options connues : {', '.join(sorted(known))}",
                        exit_code=ExitCode.CONFIGURATION)
    try:
        return Settings(**overrides)
    except ValidationError as error:
        fields = ", ".join(str(item["loc"][0]) for item in error.errors() if item["loc"])
        raise UserError(f"Réglage invalide : {fields}.", where="variables d'environnement TZNR_…",
                        why="la valeur n'a pas la forme attendue", remedy="voir .env.example",
                        exit_code=ExitCode.CONFIGURATION) from None


def export_environment(settings: Settings) -> None:
    """Tell the tools of this process and its children where things are, and silence every telemetry.

    Dagster, dbt and Great Expectations read these variables themselves; nothing else of the platform does.
    """
    os.environ.update(
        TZNR_DATA_DIR=str(settings.root),
        DAGSTER_HOME=str(settings.dagster_home),
        DAGSTER_DISABLE_TELEMETRY="1",
        DBT_TZNR_PATH=str(settings.working_file),
        DBT_TZNR_TEMP=str(settings.spill_dir),
        DBT_TZNR_MEMORY=settings.memory_limit,
        DBT_TZNR_THREADS=str(settings.threads),
        DBT_TZNR_TODAY=settings.today.isoformat(),
        DBT_SEND_ANONYMOUS_USAGE_STATS="false",
        DO_NOT_TRACK="1",
        GX_ANALYTICS_ENABLED="false",
    )


def tell_merged(models: Iterable[str]) -> None:
    """Tell the dbt of this process which models only merge news (macro ``should_full_refresh``): none by default."""
    os.environ["DBT_TZNR_MERGED"] = " ".join(sorted(models))


def _refuse_exchange_key() -> None:
    """The evaluator never holds K1 (methods: two-level HMAC): refuse to start where one is configured."""
    present = [name for name in EXCHANGE_KEY_VARIABLES if name in os.environ]
    if present:
        raise UserError(f"Une clé d'échange K1 est configurée ({', '.join(present)}).",
                        where="variables d'environnement",
                        why="l'évaluateur ne doit jamais détenir la clé qui relie un nom à un pseudonyme",
                        remedy="retirer cette variable ; la clé K1 reste chez les émetteurs et les organismes",
                        exit_code=ExitCode.CONFIGURATION)
