"""What assets ask Dagster for: the platform's settings, the dbt project, the published warehouse."""

from tznr_platform.resources.dbt import DBT_PROJECT_DIR, MANIFEST_FILE, Dbt
from tznr_platform.resources.platform import Platform, published_copy

__all__ = ["DBT_PROJECT_DIR", "MANIFEST_FILE", "Dbt", "Platform", "published_copy"]
