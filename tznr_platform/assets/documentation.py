"""The documentation of the warehouse as one page: every model, column, test and the graph that links them.

Here: the page that dbt writes, made unable to call anyone. Not here: the descriptions (``dbt_project``, ``contracts``).
"""

import re

import dagster as dg

from tznr_platform.assets.presentation import OWNER
from tznr_platform.assets.warehouse import PUBLISHED
from tznr_platform.errors import PermanentError
from tznr_platform.resources import Dbt, Platform
from tznr_platform.storage import lake

DBT_DOCS = dg.AssetKey(["documentation", "dbt_docs"])
POLICY = ("default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; "
          "img-src data:; font-src data:")
OUTSIDE = re.compile(r"(?<=[\"'])//[a-z0-9.]+\.cloudfront\.net/[^\"']*")


@dg.asset(key=DBT_DOCS, deps=[PUBLISHED], group_name="indicateurs", owners=[OWNER], kinds={"dbt", "html"},
          pool="duckdb")
def dbt_docs(dbt: Dbt, platform: Platform) -> dg.MaterializeResult:
    """Documentation de l'entrepôt : modèles, colonnes, tests et graphe, en une page à ouvrir dans un navigateur."""
    invocation = dbt.cli(["docs", "generate", "--static"], raise_on_error=False).wait()
    if not invocation.is_successful():
        raise PermanentError("dbt docs generate failed")
    page = platform.settings.root / "documentation" / "entrepot.html"
    lake.atomic_write_text(page, sealed((invocation.target_path / "static_index.html").read_text(encoding="utf-8")))
    return dg.MaterializeResult(metadata={"page": dg.MetadataValue.path(str(page))})


def sealed(page: str) -> str:
    """The page of dbt without the address of its tracker, and with a policy that forbids it any connection.

    ``PermanentError`` when the page has no place for the policy: it is never written without.
    """
    if "<head>" not in page:
        raise PermanentError("the page of dbt has no head: no policy could be set")
    head = f'<head><meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    return OUTSIDE.sub("", page).replace("<head>", head, 1)
